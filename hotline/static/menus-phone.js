// The telephone beside the menu's editor: dials the draft, presses keys, shows what a caller hears.

import { call } from "./hotline.js";

const ENDS = {
  answer: () => "播报完毕，通话结束",
  hangup: () => "通话结束",
  queue: (played, lines) => `进入“${lines[played.line] || played.line}”排队`,
  transfer: () => "正在转接外线",
  voicemail: () => "留言后通话结束",
  callback: () => "登记回拨后通话结束",
  survey: () => "评价完毕，通话结束",
};

export class Phone {
  // `draft()` gives the tree; `arrived(node)` is told where the caller is.
  constructor(root, { url, keypad, lines, draft, arrived }) {
    Object.assign(this, { root, url, lines, draft, arrived, keys: [], over: true, asked: 0 });
    this.heard = root.querySelector("[data-heard]");
    this.where = root.querySelector("[data-where]");
    this.wait = root.querySelector("[data-wait]");
    this.buttons = [...keypad].map((key) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: key });
      button.className = "btn btn-outline-secondary";
      button.setAttribute("aria-label", `按 ${{ "*": "星号", "#": "井号" }[key] || key}`);
      button.addEventListener("click", () => this.press(key));
      return button;
    });
    root.querySelector("[data-keypad]").append(...this.buttons);
    this.wait.addEventListener("click", () => this.press(""));
    root.querySelector("[data-again]").addEventListener("click", () => this.dial());
    root.querySelector("#at").addEventListener("change", () => this.dial());
    root.addEventListener("click", (event) => event.target === root && root.focus());
    root.addEventListener("keydown", (event) => {
      if (event.target.matches("input") || event.ctrlKey || event.altKey || !keypad.includes(event.key)) return;
      event.preventDefault();
      this.press(event.key);
    });
  }

  dial() {
    this.keys = [];
    return this.play();
  }

  press(key) {
    if (this.over || (key && this.queued)) return undefined;
    this.keys.push(key);
    return this.play();
  }

  async play() {
    const turn = ++this.asked;
    const at = this.root.querySelector("#at").value || null;
    try {
      const played = await call(this.url, { method: "POST", body: { tree: this.draft(), keys: this.keys, at } });
      if (turn === this.asked) this.show(played);
    } catch (failed) {
      if (turn === this.asked) this.silence(failed.message);
    }
  }

  silence(why) {
    this.over = true;
    this.queued = false;
    this.heard.replaceChildren();
    this.where.textContent = why;
    this.enable();
    this.arrived("");
  }

  show(played) {
    this.over = played.over;
    this.queued = played.kind === "queue";
    this.heard.replaceChildren(...played.heard.map((each) => this.line(each)));
    this.heard.scrollTop = this.heard.scrollHeight;
    const closed = played.closed.length ? `（${played.closed.join("、")} 非服务时间）` : "";
    const end = played.over || this.queued ? ENDS[played.kind](played, this.lines) : "等待按键";
    this.where.textContent = `${played.node}：${end}${closed}`;
    this.enable();
    this.arrived(played.node);
  }

  line({ node, kind, text }) {
    const told = { key: `按 ${text}`, wait: `（${text || "未按键"}）`, play: `♪ 录音 ${text.replace(/\.wav$/, "")}` }[kind] ?? text;
    const item = document.createElement("li");
    item.className = `heard-${kind}`;
    item.title = node;
    item.textContent = told;
    return item;
  }

  enable() {
    for (const button of this.buttons) button.disabled = this.over || this.queued;
    this.wait.disabled = this.over;
    this.wait.querySelector("span").textContent = this.queued ? "人工通话结束" : "等待，不按键";
  }
}
