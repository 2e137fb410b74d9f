// One node of the voice menu as a card of labelled controls; each change is written into the node at once.

export const make = (tag, props = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

const sprite = document.querySelector("[data-icon]").content.querySelector("use").getAttribute("href").split("#")[0];

export const icon = (name) => {
  const holder = document.createElement("span");
  holder.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${sprite}#${name}"></use></svg> `;
  return holder;
};

let number = 0;

export const field = (label, control) => {
  control.id ||= `menu-field-${++number}`;
  control.classList.add(control.tagName === "SELECT" ? "form-select" : "form-control");
  return make("div", { className: "field" }, make("label", { className: "form-label", htmlFor: control.id }, label), control);
};

// `choices`: pairs of value and label. A value that is none of them stays visible as what it is: missing.
export const select = (choices, value, changed) => {
  const known = choices.some(([each]) => each === value);
  const all = known ? choices : [...choices, [value, `${value}（不存在）`]];
  const control = make("select", {}, ...all.map(([each, text]) => new Option(text, each, false, each === value)));
  control.addEventListener("change", () => changed(control.value));
  return control;
};

const lines = (say) =>
  (Array.isArray(say) ? say : [say ?? ""])
    .map((part) => (typeof part === "string" ? part : `[${part.prompt}] ${part.text}`))
    .join("\n");

const parts = (text) => {
  const found = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const read = found.map((line) => {
    const [, prompt, words] = line.match(/^\[([^\]]*)\]\s*(.*)$/) || [];
    return prompt === undefined ? line : { prompt, text: words };
  });
  return read.length === 1 ? read[0] : read;
};

const put = (node, name, value) => {
  if (value === "") delete node[name];
  else node[name] = value;
};

const NEW = {
  menu: () => ({ keys: {}, default: "", seconds: 5 }),
  answer: () => ({}),
  queue: (line) => ({ line }),
  transfer: () => ({ endpoint: "" }),
  voicemail: (line) => ({ line }),
  callback: (line) => ({ line }),
  hangup: () => ({}),
  survey: (line, words) => ({ seconds: 6, scores: Object.fromEntries(words.map((word, place) => [place + 1, word])) }),
};

// `words`: the scale of a survey, the best first.
export const fresh = (kind, say, line, words) => ({ kind, say, ...NEW[kind](line, words) });

const BODY = {
  menu: (node, use) => [
    make("div", { className: "keypad-targets" }, ...[...use.keypad].map((key) => ofKey(node.keys, key, use.names(), "转到", use))),
    make(
      "div",
      { className: "row-fields" },
      field("不按键或按错时", use.target(node, "default", "（未指定）")),
      seconds(node, use),
    ),
  ],
  answer: (node, use) => [field("播报之后", use.target(node, "next", "结束通话"))],
  queue: (node, use) => [
    make(
      "div",
      { className: "row-fields" },
      field("进入线路", use.line(node)),
      field("服务时间", use.hours(node)),
      field("服务时间以外转到", use.target(node, "closed", "（无）")),
      field("节假日服务时间以外转到", use.target(node, "holiday", "（同服务时间以外）")),
    ),
  ],
  transfer: (node, use) => [field("转接号码", use.input(node, "endpoint", { inputMode: "tel", placeholder: "例：120" }))],
  voicemail: (node, use) => [field("归入线路", use.line(node))],
  callback: (node, use) => [field("归入线路", use.line(node))],
  hangup: () => [],
  survey: (node, use) => [
    make("div", { className: "keypad-targets" }, ...[...use.keypad].filter((key) => /\d/.test(key)).map((key) => ofKey(node.scores, key, use.scores, "表示", use))),
    make("div", { className: "row-fields" }, seconds(node, use)),
    make("p", { className: "form-text mb-0" }, "人工通话结束后播放，心理危机线路除外；不必有按键到达。"),
  ],
};

const seconds = (node, use) => field("等待秒数", use.input(node, "seconds", { type: "number", min: 1, max: 30 }, Number));

// What `holder` has for a key: a node it leads to, a word of the scale.
function ofKey(holder, key, choices, verb, use) {
  const control = select([["", "—"], ...choices], holder[key] || "", (value) => {
    put(holder, key, value);
    use.changed();
  });
  const told = field("", control);
  told.querySelector("label").append(make("kbd", {}, key));
  control.setAttribute("aria-label", `按键 ${key} ${verb}`);
  return told;
}

// `use`: what a card needs of the editor: keypad, names(), scores, lines, hoursNames(), changed().
export function controls(node, use) {
  const own = {
    ...use,
    input(holder, name, props, read = String) {
      const control = make("input", { ...props, value: holder[name] ?? "" });
      control.addEventListener("input", () => (holder[name] = read(control.value), use.changed()));
      return control;
    },
    target: (holder, name, blank) =>
      select([["", blank], ...use.names()], holder[name] || "", (value) => (put(holder, name, value), use.changed())),
    line: (holder) =>
      select(Object.entries(use.lines), holder.line || "", (value) => (put(holder, "line", value), use.changed())),
    hours: (holder) =>
      select([["", "全天"], ...use.hoursNames()], holder.hours || "", (value) => (put(holder, "hours", value), use.changed())),
  };
  const said = make("textarea", { value: lines(node.say), rows: [node.say].flat().length });
  said.addEventListener("input", () => (node.say = parts(said.value), use.changed()));
  return [field("提示语", said), ...BODY[node.kind](node, own)];
}
