// The editor of the voice menu: a draft kept in this browser, checked while it is edited, played by the phone beside it.

import { call, debounce, toast } from "./hotline.js";
import { controls, field, fresh, icon, make, select } from "./menus-cards.js";
import { Phone } from "./menus-phone.js";

const page = document.querySelector("[data-menu]");
const data = JSON.parse(document.querySelector("[data-menu-data]").textContent);
const DRAFT = "menu-edit-";
const draftKey = `${DRAFT}${data.id}`;
const find = (mark) => document.querySelector(`[data-${mark}]`);

// A draft remembers the newest menu its author knew of: what colleagues publish meanwhile is never overwritten unseen.
const kept = JSON.parse(localStorage.getItem(draftKey));
let { tree, base } = kept || { tree: structuredClone(data.tree), base: data.base };
let faults = [];

const use = {
  keypad: data.keypad,
  lines: data.lines,
  names: () => Object.keys(tree.nodes).map((name) => [name, name]),
  scores: data.scores.map((word) => [word, word]),
  hoursNames: () => Object.keys(tree.hours || {}).map((name) => [name, name]),
  changed,
};

const phone = new Phone(find("phone"), {
  url: page.dataset.preview,
  keypad: data.keypad,
  lines: data.lines,
  draft: () => tree,
  arrived: (node) => mark("is-here", (name) => name === node),
});

// Nodes in the order in which callers come to them; those nobody reaches stand last.
function order() {
  const found = new Set([tree.entry]);
  for (const name of found) {
    const node = tree.nodes[name] || {};
    for (const next of [...Object.values(node.keys || {}), node.default, node.next, node.closed, node.holiday]) if (next) found.add(next);
  }
  return [...new Set([...found, ...Object.keys(tree.nodes)])].filter((name) => tree.nodes[name]);
}

function changed() {
  localStorage.setItem(draftKey, JSON.stringify({ tree, base }));
  tellKept();
  check();
}

// The same after a change of names or kinds, which other cards show too.
function rebuilt(focus = "") {
  render();
  changed();
  if (focus) cardOf(focus)?.querySelector("input").focus();
}

function tellKept() {
  const differs = localStorage.getItem(draftKey) !== null;
  find("kept").hidden = !kept || !differs;
  find("discard").hidden = !differs;
}

// Drafts that began from other menus: what was in force then may not be what the editor opens with now.
function tellOthers() {
  const others = Object.keys(localStorage).filter((key) => key.startsWith(DRAFT) && key !== draftKey);
  const links = others.map((key) => make("a", { className: "chip chip-soon", href: `${page.dataset.editor}?menu=${key.slice(DRAFT.length)}` }, icon("clock-history"), "另有未发布的草稿"));
  find("others").replaceChildren(...links);
}

const cardOf = (name) => document.getElementById(`node-${name}`);

const mark = (className, matches) => {
  for (const each of page.querySelectorAll("[data-node]")) each.classList.toggle(className, matches(each.dataset.node));
};

function render() {
  const names = order();
  find("cards").replaceChildren(...names.map(card));
  find("index").replaceChildren(
    ...names.map((name) => {
      const link = make("a", { href: `#node-${name}`, title: data.kinds[tree.nodes[name].kind] }, icon(data.icons[tree.nodes[name].kind]), name);
      return make("li", { "data-node": name }, link);
    }),
  );
  find("hours").replaceChildren(...Object.keys((tree.hours ||= {})).map(hoursTable));
}

function card(name) {
  const node = tree.nodes[name];
  const title = make("input", { className: "form-control node-name", value: name, "aria-label": "节点名称", maxLength: 40 });
  title.addEventListener("change", () => {
    const wrong = rename(name, title.value.trim());
    if (!wrong) return;
    title.value = name;
    toast(wrong, { bad: true });
  });
  const kind = select(Object.entries(data.kinds), node.kind, (value) => {
    tree.nodes[name] = fresh(value, node.say, Object.keys(data.lines)[0], data.scores);
    rebuilt(name);
  });
  kind.classList.add("form-select", "w-auto");
  kind.setAttribute("aria-label", `${name} 的类型`);
  const head = make("header", {}, icon(data.icons[node.kind]), title, kind);
  if (name === tree.entry) head.append(make("span", { className: "chip chip-house" }, "入口"));
  else head.append(button("设为入口", () => ((tree.entry = name), rebuilt(name))), button("删除", () => remove(name), "outline-danger"));
  const wrong = make("ul", { className: "node-faults", "data-faults-of": name });
  return make("article", { className: "panel node", id: `node-${name}`, "data-node": name, "aria-label": `节点 ${name}` }, head, wrong, ...controls(node, use));
}

const button = (text, act, style = "outline-secondary") => {
  const made = make("button", { type: "button", className: `btn btn-sm btn-${style}` }, text);
  made.addEventListener("click", act);
  return made;
};

// Why a node cannot be called so; empty once it is.
function rename(old, name) {
  if (name === old) return "";
  if (!name) return "节点名称不能为空";
  if (Object.hasOwn(tree.nodes, name)) return `已有名为 ${name} 的节点，名称未改`;
  const to = (target) => (target === old ? name : target);
  const moved = (node) => ({
    ...node,
    ...(node.keys && { keys: Object.fromEntries(Object.entries(node.keys).map(([key, target]) => [key, to(target)])) }),
    ...Object.fromEntries(["default", "next", "closed", "holiday"].filter((way) => node[way]).map((way) => [way, to(node[way])])),
  });
  tree.nodes = Object.fromEntries(Object.entries(tree.nodes).map(([each, node]) => [to(each), moved(node)]));
  tree.entry = to(tree.entry);
  rebuilt(name);
  return "";
}

function remove(name) {
  const before = structuredClone(tree);
  delete tree.nodes[name];
  rebuilt();
  toast(`已删除节点 ${name}`, { undo: () => ((tree = before), rebuilt(name)) });
}

const unused = (stem, taken) => {
  let number = 1;
  while (`${stem}${number}` in taken) number += 1;
  return `${stem}${number}`;
};

function hoursTable(name) {
  const windows = tree.hours[name];
  const title = make("input", { value: name, maxLength: 40 });
  title.addEventListener("change", () => {
    const to = title.value.trim();
    if (to === name) return;
    if (!to || Object.hasOwn(tree.hours, to)) {
      title.value = name;
      return void toast(to ? `已有名为 ${to} 的时间表，名称未改` : "时间表名称不能为空", { bad: true });
    }
    tree.hours = Object.fromEntries(Object.entries(tree.hours).map(([each, rows]) => [each === name ? to : each, rows]));
    for (const node of Object.values(tree.nodes)) if (node.hours === name) node.hours = to;
    rebuilt();
  });
  const rows = windows.map((row, at) => {
    const time = (place, label) => {
      const control = make("input", { value: row[place], size: 5, pattern: "([01]?\\d|2[0-4]):[0-5]\\d", className: "form-control w-auto", "aria-label": label });
      control.addEventListener("input", () => ((row[place] = control.value.trim()), changed()));
      return control;
    };
    const days = select(Object.entries(data.days), row[0], (value) => ((row[0] = value), changed()));
    days.classList.add("form-select", "w-auto");
    days.setAttribute("aria-label", "适用日期");
    const away = button("删除时段", () => (windows.splice(at, 1), rebuilt()), "outline-danger");
    return make("div", { className: "window" }, days, time(1, "开始"), "至", time(2, "结束"), away);
  });
  const more = button("添加时段", () => (windows.push(["workday", "09:00", "17:00"]), rebuilt()));
  const away = button("删除时间表", () => (delete tree.hours[name], rebuilt()), "outline-danger");
  return make("div", { className: "hours-table" }, field("名称", title), make("div", {}, ...rows, more, " ", away));
}

const check = debounce(300, async () => {
  try {
    ({ faults } = await call(page.dataset.check, { method: "POST", body: { tree } }));
  } catch (failed) {
    return void find("faults").replaceChildren(failed.message);
  }
  showFaults();
  if (faults.length) phone.silence("草稿还有错误，改正后自动重拨。");
  else phone.play();
});

function showFaults() {
  for (const list of page.querySelectorAll("[data-faults-of]")) {
    list.replaceChildren(...faults.filter((each) => each.node === list.dataset.faultsOf).map((each) => make("li", {}, each.message)));
  }
  mark("is-wrong", (name) => faults.some((each) => each.node === name));
  if (!faults.length) return find("faults").replaceChildren(make("p", { className: "all-good m-0" }, icon("check2-circle"), "没有错误，可以发布"));
  const told = faults.map(({ node, message }) =>
    make("li", {}, ...(tree.nodes[node] ? [make("a", { href: `#node-${node}` }, node), `：${message}`] : [message])),
  );
  return find("faults").replaceChildren(make("p", { className: "text-danger m-0" }, icon("exclamation-triangle-fill"), `${faults.length} 处错误`), make("ul", {}, ...told));
}

find("add-node").addEventListener("click", () => {
  const name = unused("node", tree.nodes);
  tree.nodes[name] = fresh("answer", "", "");
  rebuilt(name);
  cardOf(name).scrollIntoView({ block: "center" });
});
find("add-hours").addEventListener("click", () => {
  tree.hours[unused("hours", tree.hours)] = [["workday", "09:00", "17:00"]];
  rebuilt();
});
find("discard").addEventListener("click", () => {
  const before = { tree, base };
  localStorage.removeItem(draftKey);
  ({ tree, base } = { tree: structuredClone(data.tree), base: data.base });
  render();
  tellKept();
  check();
  toast("已放弃草稿", { undo: () => (({ tree, base } = before), rebuilt()) });
});
find("export").addEventListener("click", (event) => {
  const file = new Blob([JSON.stringify(tree, null, 2)], { type: "application/json" });
  event.currentTarget.href = URL.createObjectURL(file);
});
find("import").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  const body = new FormData();
  body.append("file", file);
  event.target.value = "";
  try {
    const read = await call(page.dataset.importUrl, { method: "POST", body });
    const before = tree;
    tree = read.tree;
    rebuilt();
    toast(`已导入 ${file.name}，发布前请核对`, { undo: () => ((tree = before), rebuilt()) });
  } catch (failed) {
    toast([failed.message, ...Object.values(failed.told?.fields || {}).flat()].join("；"), { bad: true });
  }
});

// Somebody published meanwhile: the other menu to look at, and the draft to publish all the same.
function overtaken(other) {
  const look = make("a", { href: `${page.dataset.editor}?menu=${other}`, target: "_blank" }, "查看新发布的菜单");
  const anyway = button("已核对，按我的草稿发布", () => {
    base = other;
    changed();
    find("publish-form").requestSubmit();
  });
  return make("p", { className: "d-flex gap-2 align-items-center" }, look, anyway);
}

find("publish-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const body = { tree, base, valid_from: form.elements.valid_from.value || null, note: form.elements.note.value };
  try {
    const { url } = await call(page.dataset.publish, { method: "POST", body });
    localStorage.removeItem(draftKey);
    location.assign(url);
  } catch (failed) {
    const messages = Object.values(failed.told?.fields || {}).flat();
    find("refused").replaceChildren(make("p", { className: "text-danger m-0" }, failed.message), make("ul", {}, ...messages.map((each) => make("li", {}, each))));
    if (failed.told?.facts?.menu) find("refused").append(overtaken(failed.told.facts.menu));
  }
});

render();
tellKept();
tellOthers();
check();
