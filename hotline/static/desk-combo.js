// A combobox with type-ahead (ARIA 1.2): arrows move, Enter takes, Escape closes, Tab takes and leaves.
// Who is faster than the answer (Enter or Tab at once) gets the first line as soon as it is there.

import { call, debounce } from "./hotline.js";

export class Combo {
  constructor(box, { extra = () => ({}), taken = () => {} } = {}) {
    [this.box, this.extra, this.taken] = [box, extra, taken];
    this.input = box.querySelector("[role=combobox]");
    this.hidden = box.querySelector("[data-id]");
    this.list = box.querySelector("[role=listbox]");
    this.items = [];
    this.active = -1;
    this.asked = 0;
    this.pending = this.hasty = false;
    const search = debounce(150, () => this.pending && this.search());
    this.input.addEventListener("input", () => {
      this.hidden.value = "";
      [this.pending, this.hasty] = [true, false];
      box.classList.toggle("unsettled", this.input.value.trim() !== "");
      search();
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.input.value || this.search());
    this.input.addEventListener("blur", () => this.hasty || this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const line = event.target.closest("li");
      if (line) this.take(Number(line.dataset.place));
    });
  }

  async search() {
    const [asked, text] = [++this.asked, this.input.value.trim()];
    const params = new URLSearchParams({ q: text, ...this.extra() });
    let found;
    try {
      found = await call(`${this.box.dataset.url}?${params}`);
    } catch {
      return;
    }
    if (asked !== this.asked || text !== this.input.value.trim()) return;
    const hasty = this.hasty;
    [this.items, this.pending, this.hasty] = [found.items, false, false];
    if (hasty && this.items.length) this.take(0);
    else if (document.activeElement === this.input) this.show();
  }

  show() {
    this.list.replaceChildren(
      ...this.items.map((item, place) => {
        const line = document.createElement("li");
        Object.assign(line, { id: `${this.list.id}-${place}` });
        line.dataset.place = place;
        line.setAttribute("role", "option");
        const hint = document.createElement("small");
        hint.textContent = item.hint || "";
        line.append(item.name, hint);
        return line;
      }),
    );
    const open = this.items.length > 0;
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    this.move(this.input.value.trim() ? 0 : -1);
  }

  move(place) {
    this.active = this.items.length ? Math.max(-1, Math.min(place, this.items.length - 1)) : -1;
    [...this.list.children].forEach((line, each) => line.setAttribute("aria-selected", String(each === this.active)));
    if (this.active < 0) return this.input.removeAttribute("aria-activedescendant");
    const line = this.list.children[this.active];
    this.input.setAttribute("aria-activedescendant", line.id);
    line.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.altKey) return;
    const open = !this.list.hidden;
    if (event.key === "ArrowDown") return void (event.preventDefault(), open ? this.move(this.active + 1) : this.search());
    if (event.key === "ArrowUp" && open) return void (event.preventDefault(), this.move(this.active - 1));
    if (event.key === "Escape" && open) return void (event.preventDefault(), this.close());
    if (event.key === "Enter") {
      event.preventDefault();
      this.settle(open);
    }
    if (event.key === "Tab" && this.input.value.trim()) this.settle(open);
  }

  settle(open) {
    if (this.pending && this.input.value.trim()) {
      this.hasty = true;
      this.list.hidden = true;
      this.search();
    } else if (open && this.active >= 0) this.take(this.active);
  }

  take(place) {
    const item = this.items[place];
    this.set(item.id, item.name);
    this.close();
    this.taken(item);
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  set(id, name) {
    this.hidden.value = id ?? "";
    this.input.value = name || "";
    this.box.classList.remove("unsettled");
  }

  close() {
    this.asked += 1;
    this.pending = false;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
