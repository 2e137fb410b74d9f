// The risk sheet: sent after every change, its level told by the server, never over the call.

import { call, debounce } from "./hotline.js";
import { clearWrongs, showWrongs } from "./desk-errors.js";

const post = (url, body) => call(url, { method: "POST", body });

export class RiskSheet {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector("[data-sheet-form]");
    this.version = Number(root.dataset.version);
    this.busy = Promise.resolve();
    this.dirty = false;
    const soon = debounce(400, () => this.save());
    for (const kind of ["input", "change"])
      this.form.addEventListener(kind, () => {
        this.dirty = true;
        soon();
      });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    root.querySelector("[data-linkage]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.link(event.target);
    });
  }

  values() {
    const values = { version: this.version, answers: {}, ratings: {} };
    for (const each of this.form.elements) {
      if (each.dataset.answer) {
        if (each.checked) values.answers[each.dataset.answer] = Number(each.value);
      } else if (each.dataset.rating) {
        if (each.value !== "") values.ratings[each.dataset.rating] = Number(each.value);
      } else if (each.type === "checkbox") values[each.name] = each.checked;
      else if (each.name === "breach_approved_by") values[each.name] = each.value ? Number(each.value) : null;
      else if (each.name) values[each.name] = each.value;
    }
    return values;
  }

  save() {
    this.busy = this.busy.then(() => this.send());
    return this.busy;
  }

  async send() {
    if (!this.dirty) return;
    this.dirty = false;
    try {
      this.told(await post(this.root.dataset.save, this.values()));
    } catch (failed) {
      this.dirty = failed.status === 0;
      this.say(`未保存：${failed.message}`, true);
    }
  }

  told(answer) {
    this.version = answer.version;
    this.root.dataset.level = answer.level;
    this.root.querySelector("[data-level-told]").textContent = answer.level_label + (answer.score === null ? "" : ` · ${answer.score} 分`);
    this.root.querySelector("[data-alerted]").hidden = !answer.alerted;
    if (answer.alert_taken) this.root.querySelector("[data-alerted-words]").textContent = "班长已接手";
    this.say(`已保存 ${answer.saved_at}`);
  }

  say(text, bad = false) {
    const told = this.root.querySelector("[data-saved]");
    told.textContent = text;
    told.classList.toggle("bad", bad);
  }

  async submit() {
    await this.save();
    clearWrongs(this.form);
    const told = this.form.querySelector("[data-told]");
    told.textContent = "";
    try {
      this.told(await post(this.root.dataset.submit, this.values()));
      this.form.querySelector("[data-submit-sheet]").textContent = "更新评估";
      this.say("评估已提交，随访已安排");
    } catch (failed) {
      if (failed.told.facts?.version) this.version = failed.told.facts.version;
      told.textContent = failed.message;
      showWrongs(this.form, failed.told.fields || {});
    }
  }

  async link(form) {
    const told = this.form.querySelector("[data-told]");
    try {
      this.root.querySelector("[data-linkages]").innerHTML = await call(form.action, { method: "POST", body: { target: form.elements.target.value, result: form.elements.result.value }, accept: "text/html" });
      form.elements.result.value = "";
      told.textContent = "";
    } catch (failed) {
      told.textContent = failed.message;
    }
  }
}
