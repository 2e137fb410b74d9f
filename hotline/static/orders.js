// The desk of orders: picking rows for one dispatch, the eye on a masked person, possible duplicates while writing,
// and notices that arrive while a page is open.

import { call, debounce, toast, typing } from "./hotline.js";
import { reveals } from "./desk-reveal.js";

reveals(document.body);

const picks = () => [...document.querySelectorAll("[data-pick]")];
const bulk = document.querySelector("[data-bulk]");

function count() {
  const picked = picks().filter((box) => box.checked).length;
  bulk.querySelector("[data-picked]").textContent = picked ? `已选 ${picked} 张` : "未选择";
  bulk.hidden = picked === 0;
}

if (bulk) {
  const all = document.querySelector("[data-pick-all]");
  document.addEventListener("change", (event) => {
    if (event.target === all) picks().forEach((box) => (box.checked = all.checked));
    if (event.target === all || event.target.matches("[data-pick]")) count();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || typing(event.target) || event.ctrlKey) return;
    const box = document.activeElement.closest("tr")?.querySelector("[data-pick]");
    if (!box) return;
    box.checked = !box.checked;
    count();
  });
  count();
}

const ENOUGH_WORDS = 12;
const writing = document.querySelector("[data-similar]");

function line(order) {
  const place = document.createElement("div");
  place.className = "beside";
  const link = Object.assign(document.createElement("a"), { href: order.url, target: "_blank", textContent: order.own_no });
  const words = document.createElement("p");
  words.textContent = `${order.title}（${order.state}）`;
  const why = Object.assign(document.createElement("small"), {
    className: "text-secondary",
    textContent: `${order.confidence} · ${order.why}`,
  });
  place.append(link, words, why);
  return place;
}

if (writing) {
  const list = document.querySelector("[data-similar-list]");
  const value = (name) => writing.elements[name].value.trim();
  const look = debounce(500, async () => {
    const body = {
      phone: value("caller_phone") || value("contact_phone"),
      name: value("caller_name"),
      accused: value("accused"),
      nature: value("nature"),
      words: `${value("title")}\n${value("content")}`,
    };
    if (!body.phone && !body.accused && body.words.length < ENOUGH_WORDS) return;
    try {
      const { orders } = await call(writing.dataset.similar, { method: "POST", body });
      const none = Object.assign(document.createElement("p"), { className: "text-secondary", textContent: "没有发现可能重复的工单。" });
      list.replaceChildren(...(orders.length ? orders.map(line) : [none]));
    } catch (failed) {
      list.textContent = `查重暂不可用：${failed.message}`;
    }
  });
  writing.addEventListener("input", look);
}

const first = document.querySelector(".acts details.main[open] :is(input:not([type=hidden]), select, textarea)");
if (first) {
  first.dataset.key = "a";
  first.dataset.keyLabel = first.closest("details").querySelector("summary").textContent;
}

const BELL_EVERY = 30_000;
const MOST_COUNTED = 100;
const bell = document.querySelector("[data-bell]");

function ring(count) {
  const mark = bell.querySelector("[data-noticed]");
  const known = mark.hidden ? 0 : Number.parseInt(mark.textContent, 10);
  mark.textContent = count < MOST_COUNTED ? count : "99+";
  mark.hidden = count === 0;
  bell.classList.toggle("btn-outline-danger", count > 0);
  bell.classList.toggle("btn-outline-secondary", count === 0);
  if (count > known) toast("有新的工单提醒，按 r 查看");
}

async function listen() {
  if (document.hidden) return;
  try {
    ring((await call(bell.dataset.bell, { background: true })).count);
  } catch {
    // The mark stays as it was until the next time.
  }
}

if (bell) {
  setInterval(listen, BELL_EVERY);
  document.addEventListener("visibilitychange", listen);
}
