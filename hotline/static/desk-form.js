// The registration: what is typed goes to the server every three seconds and when the page goes away.

import { call, toast } from "./hotline.js";
import { Combo } from "./desk-combo.js";
import { clearWrongs, showWrongs, words } from "./desk-errors.js";

const EVERY_MS = 3000;
const NUMBERS = new Set(["topic_id", "institution_id", "minutes"]);
const NOT_SENT = new Set(["kind", "csrf_token", "invalid_type"]);

export class RegistrationForm {
  constructor(form, root, { completed }) {
    [this.form, this.root, this.completed] = [form, root, completed];
    this.version = Number(form.dataset.version);
    this.told = form.querySelector("[data-saved]");
    this.dirty = false;
    this.unanswered = null;
    this.busy = Promise.resolve();
    this.combos = Object.fromEntries([...form.querySelectorAll("[data-combo]")].map((box) => [box.querySelector("[data-id]").name, this.combo(box)]));
    form.addEventListener("input", () => this.touched());
    form.addEventListener("change", () => this.touched());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.complete();
    });
    for (const radio of form.querySelectorAll("[name=kind]")) radio.addEventListener("change", () => this.unfold());
    this.recover();
    this.unfold();
    if (form.dataset.save) this.timer = setInterval(() => this.save(), EVERY_MS);
  }

  combo(box) {
    const isTopic = box.querySelector("[data-id]").name === "topic_id";
    const day = this.form.closest("[data-day]")?.dataset.day;
    return new Combo(box, {
      extra: () => (isTopic ? { category: this.kind() === "invalid" ? "" : this.kind(), on: day || "" } : {}),
      taken: (item) => this.fillDistrict(item),
    });
  }

  fillDistrict(item) {
    const district = this.form.elements.district_code;
    if (item.district && !district.value && district.querySelector(`[value="${item.district}"]`)) district.value = item.district;
  }

  kind() {
    return this.form.querySelector("[name=kind]:checked")?.value || "";
  }

  // Show what belongs to the category, here and in the columns beside.
  unfold() {
    const kind = this.kind();
    for (const each of this.root.querySelectorAll("[data-when]")) each.hidden = !each.dataset.when.split(" ").includes(kind);
    for (const each of this.root.querySelectorAll("[data-unless]")) each.hidden = each.dataset.unless.split(" ").includes(kind);
  }

  values() {
    const kind = this.kind();
    const values = { version: this.version, category: kind && kind !== "invalid" ? kind : null };
    values.invalid_type = kind === "invalid" ? this.form.elements.invalid_type.value : null;
    for (const each of this.form.elements) {
      if (!each.name || NOT_SENT.has(each.name)) continue;
      if (each.type === "checkbox") values[each.name] = each.checked;
      else if (NUMBERS.has(each.name)) values[each.name] = each.value ? Number(each.value) : null;
      else values[each.name] = each.value;
    }
    return values;
  }

  touched() {
    this.dirty = true;
    this.say("正在填写…");
  }

  say(text, bad = false) {
    if (!this.told) return;
    this.told.textContent = text;
    this.told.classList.toggle("bad", bad);
  }

  save() {
    if (!this.form.dataset.save || !this.dirty) return this.busy;
    this.busy = this.busy.then(() => this.send());
    return this.busy;
  }

  async send() {
    if (!this.dirty) return;
    this.dirty = false;
    const body = this.values();
    try {
      this.saved(await call(this.form.dataset.save, { method: "POST", body }));
    } catch (failed) {
      this.dirty = true;
      if (failed.status === 409 && failed.told.facts?.difference) return void (await this.differs(failed.told));
      if (failed.status === 0) this.unanswered = body;
      this.say(`未保存：${failed.message}`, true);
    }
  }

  saved(told) {
    this.version = told.version;
    this.unanswered = null;
    sessionStorage.removeItem(this.form.dataset.save);
    if (!this.dirty) this.say(`已保存 ${told.saved_at}`);
  }

  // An answer of ours that was lost on the way is no difference; anybody else's change is shown.
  async differs(told) {
    const { difference, version } = told.facts;
    const own = this.unanswered && Object.entries(difference).every(([name, { theirs }]) => (this.unanswered[name] || null) === (theirs || null));
    if (own) {
      this.version = version;
      return this.send();
    }
    this.dirty = false;
    this.say("未保存：与他人的修改不同", true);
    this.showDifference(told);
    return undefined;
  }

  showDifference(told) {
    const panel = this.form.querySelector("[data-difference]");
    const table = document.createElement("table");
    table.innerHTML = "<thead><tr><th>项目</th><th>我的</th><th>已保存的</th></tr></thead><tbody></tbody>";
    for (const change of Object.values(told.facts.difference)) {
      const line = table.tBodies[0].insertRow();
      for (const text of [change.label, change.mine_words, change.theirs_words]) line.insertCell().textContent = text || "（空）";
    }
    const head = Object.assign(document.createElement("p"), { textContent: told.message, className: "mb-0" });
    panel.replaceChildren(head, table, this.choice("保留我的", () => this.keepMine(told.facts)), this.choice("用已保存的", () => this.useTheirs(told.facts)));
    panel.hidden = false;
    panel.querySelector("button").focus();
  }

  choice(label, act) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-outline-secondary me-2", textContent: label });
    button.addEventListener("click", () => {
      this.form.querySelector("[data-difference]").hidden = true;
      act();
    });
    return button;
  }

  keepMine({ version }) {
    this.version = version;
    this.touched();
    this.save();
  }

  useTheirs({ version, difference }) {
    this.version = version;
    for (const [name, { theirs, theirs_words: text }] of Object.entries(difference)) this.put(name, theirs, text);
    this.unfold();
    this.dirty = false;
    this.say("已换成保存的内容");
  }

  put(name, value, text) {
    if (name === "category" || name === "invalid_type") {
      const radio = this.form.querySelector(`[name=kind][value="${name === "invalid_type" && value ? "invalid" : value}"]`);
      if (radio) radio.checked = true;
      if (name === "invalid_type" && value) this.form.elements.invalid_type.value = value;
    } else if (this.combos[name]) this.combos[name].set(value, text);
    else if (this.form.elements[name].type === "checkbox") this.form.elements[name].checked = Boolean(value);
    else this.form.elements[name].value = value ?? "";
  }

  async complete() {
    await this.save();
    clearWrongs(this.form);
    try {
      const told = await call(this.form.dataset.complete, { method: "POST", body: this.values() });
      this.dirty = false;
      this.stop();
      this.completed(told);
    } catch (failed) {
      this.refused(failed);
    }
  }

  refused(failed) {
    if (failed.told.facts?.version) this.version = failed.told.facts.version;
    if (failed.status === 409 && failed.told.facts?.difference) return this.showDifference(failed.told);
    showWrongs(this.form, failed.told.fields || {});
    this.list(words(failed.told.fields || {}), failed.message);
    this.say(failed.message, true);
    return undefined;
  }

  list(missing, message) {
    const list = this.root.querySelector("[data-missing]");
    if (!list) return void toast(message, { bad: true });
    list.replaceChildren(...(missing.length ? missing : [message]).map((text) => Object.assign(document.createElement("li"), { className: "wrong", textContent: text })));
  }

  // The page goes away: what is not saved yet is sent, and kept in this tab in case it is only reloaded.
  leave() {
    if (!this.form.dataset.save || !this.dirty) return;
    this.dirty = false;
    const texts = Object.fromEntries(Object.entries(this.combos).map(([name, combo]) => [name, combo.input.value]));
    sessionStorage.setItem(this.form.dataset.save, JSON.stringify({ values: this.values(), texts }));
    fetch(this.form.dataset.save, {
      method: "POST",
      keepalive: true,
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf]").content },
      body: JSON.stringify(this.values()),
    }).catch(() => {
      this.dirty = true;
    });
  }

  // After a reload: the last words, which may have reached the server later than the page was read.
  recover() {
    const kept = this.form.dataset.save && sessionStorage.getItem(this.form.dataset.save);
    if (!kept) return;
    const { values, texts } = JSON.parse(kept);
    for (const [name, value] of Object.entries(values)) if (name !== "version") this.put(name, value, texts[name]);
    this.touched();
  }

  stop() {
    clearInterval(this.timer);
  }
}
