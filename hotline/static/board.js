// The wallboard: whole snapshots by server-sent events, by polling when the stream is away.
// Times are counted here from the instants in the snapshot, so that nothing is resent just to tick.

import { call, toast } from "./hotline.js";
import { alarmed, blocked } from "./board-alarm.js";
import { telephoneFor } from "./telephone.js";

const root = document.querySelector("[data-board]");
const at = (name) => root.querySelector(`[data-${name}]`);
const tv = root.dataset.tv === "true";
const STALE_MS = 13_000;
const POLL_MS = 2_000;
const STEPS = [10, 60, 300];
const ON_WALL = 4; // the first figures of a tile: as many as can be read from five metres
const LARGEST = 1.3;
const SMALLEST = 0.5;

let board = null;
let heardAt = 0;
let streaming = false;
let telephone = null;

// Small pieces -------------------------------------------------------------------------------------

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined).map(asNode));
  return node;
};
const asNode = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));
const percent = (value) => (value === null ? "—" : `${value.toFixed(1)}%`);
const two = (n) => String(n).padStart(2, "0");
const seconds = (since) => Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000));
const clock = (n) => (n >= 3600 ? `${Math.floor(n / 3600)}:${two(Math.floor((n % 3600) / 60))}:${two(n % 60)}` : `${two(Math.floor(n / 60))}:${two(n % 60)}`);
const age = (since) => STEPS.filter((step) => seconds(since) >= step).length;
const opens = (list, query, label, ...shown) =>
  tv ? make("span", { title: label }, ...shown) : make("a", { href: `${list}?${new URLSearchParams(query)}`, title: `${label}：打开清单` }, ...shown);
const number = (text, line, figure, label) => opens(root.dataset.calls, { figure, line }, label, make("b", {}, text));
const since = (instant) => make("time", { "data-since": instant }, clock(seconds(instant)));

// Drawing ------------------------------------------------------------------------------------------

// Everything is drawn anew, but whoever is at the keyboard stays where they are, and a click that has begun lands.
const LONGEST_CLICK_MS = 1000;
let pressedAt = 0;
addEventListener("pointerdown", () => (pressedAt = Date.now()), true);
addEventListener("pointerup", () => setTimeout(() => ((pressedAt = 0), board && draw())), true);

const within = (place) => [...place.querySelectorAll("a, button")];
function keepingFocus(work) {
  const active = document.activeElement;
  const place = root.contains(active) ? active.closest("[data-place]") : null;
  const index = place ? within(place).indexOf(active) : -1;
  work();
  if (index < 0 || place.isConnected) return;
  const again = root.querySelector(`[data-place="${CSS.escape(place.dataset.place)}"]`);
  const next = again ? (within(again)[index] ?? within(again)[0]) : at("open-event");
  next?.focus({ preventScroll: true });
}

function draw() {
  if (Date.now() - pressedAt > LONGEST_CLICK_MS) keepingFocus(drawAll);
}

function drawAll() {
  const { connect_24h: day, connect_broken: broken, call_backs: backs } = board;
  at("connect").replaceChildren(opens(root.dataset.calls, { figure: "connect", span: "24h" }, "24小时接通率", `24小时接通率 ${percent(day)}${broken ? " ⚠ 低于95%" : ""}`));
  at("connect").classList.toggle("bad", broken);
  at("call-backs").replaceChildren(
    tv ? make("span", { class: backs.overdue ? "bad" : "" }, `待回拨 ${backs.open} · 超时 ${backs.overdue}`)
       : make("a", { href: "/desk/call-backs", class: backs.overdue ? "bad" : "" }, `待回拨 ${backs.open} · 超时 ${backs.overdue}`),
  );
  at("event-lines").replaceChildren(...board.event_lines.map(eventChip));
  at("last-event").textContent = board.last_event_at ? new Date(board.last_event_at).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" }) : "—";
  at("crisis").replaceChildren(...board.alerts.map(alertRow), ...board.crisis.map(crisisRow), ...lateFollowUps());
  at("lines").replaceChildren(...board.lines.map(tile));
  at("agents").replaceChildren(...board.agents.map(agentCard));
  if (!board.agents.length) at("agents").replaceChildren(make("p", { class: "text-secondary" }, "当前没有坐席签入"));
  if (tv) fit();
  alarmed(alarms());
}

// The wall never scrolls: the agents' cards are as large as their number allows.
function fit() {
  const agents = at("agents");
  let scale = LARGEST;
  do agents.style.setProperty("--scale", scale.toFixed(1));
  while (agents.scrollHeight > agents.clientHeight && (scale -= 0.1) >= SMALLEST);
}

function eventChip(line) {
  const chip = make("span", { class: "chip chip-warning", "data-place": `event-${line.id}` }, `${line.key}号键 ${line.name}`);
  if (!tv) chip.append(make("button", { type: "button", class: "btn-close btn-close-small", "aria-label": `关闭${line.name}`, onclick: () => act(`event-lines/${line.id}/off`, {}) }));
  return chip;
}

// A sheet came out as high risk and no supervisor has taken it yet.
function alertRow(one) {
  return make("div", { class: "crisis-row", "data-waiting": "true", "data-place": `alert-${one.call}` },
    make("b", {}, "⚠ 高危警报"), make("span", { class: "crisis-who", title: one.agent }, `求助，尚未接手：${one.agent}`), since(one.since),
    tv ? null : make("a", { class: "btn btn-sm btn-outline-secondary", href: `/desk/calls/${one.call}/crisis` }, "评估表"));
}

function lateFollowUps() {
  const words = `危机随访超期 ${board.followups_overdue} 件`;
  if (!board.followups_overdue) return [];
  return [make("div", { class: "crisis-row", "data-place": "late" }, tv ? make("span", {}, words) : make("a", { class: "btn btn-sm btn-outline-secondary", href: "/desk/followups" }, words))];
}

function crisisRow(one) {
  const words = one.agent ? `正在通话：${one.agent}` : "等待接听";
  return make("div", { class: "crisis-row", "data-waiting": String(!one.agent), "data-place": `crisis-${one.call}` },
    make("b", {}, "⚠ 心理危机"), make("span", { class: "crisis-who", title: words }, words), since(one.since),
    tv || one.state !== "talking" ? null : observeButtons(one.call));
}

function observeButtons(ref) {
  const modes = { listen: "监听", whisper: "耳语", barge: "强插" };
  return make("span", { class: "observe" }, ...Object.entries(modes).map(([mode, label]) =>
    make("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick: () => observe(ref, mode) }, label)));
}

function spark(steps) {
  const peak = Math.max(...steps, 1);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 120 24");
  svg.setAttribute("class", "spark");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `近一小时每五分钟进线：${steps.join("、")}`);
  steps.forEach((value, index) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = Math.max(1, (value / peak) * 24);
    for (const [name, v] of Object.entries({ x: index * 10 + 1, y: 24 - height, width: 8, height })) bar.setAttribute(name, v);
    svg.append(bar);
  });
  return svg;
}

function tile(line) {
  const queue = (label, shown) => opens(root.dataset.waiting, { line: line.code }, label, shown);
  const cells = [
    ["15秒接通率", number(percent(line.level), line.code, root.dataset.level, "15秒接通率")],
    ["接通率", number(percent(line.connect), line.code, "connect", "接通率")],
    ["接通", number(line.answered, line.code, "outcome_answered", "接通")],
    ["放弃", number(line.abandoned, line.code, "outcome_abandoned", "放弃")],
    ["进线", number(line.asked, line.code, "asked", "进线")],
    ["短时放弃", number(line.short_abandoned, line.code, "short_abandoned", "短时放弃")],
    ["15·30秒内", make("span", {}, number(line.answered_in_15, line.code, "answered_in_15", "15秒内接通"), " · ", number(line.answered_in_30, line.code, "answered_in_30", "30秒内接通"))],
    ["均等待", number(line.wait === null ? "—" : `${Math.round(line.wait)}″`, line.code, "wait", "平均等待")],
    ["均通话", number(line.talk === null ? "—" : clock(Math.round(line.talk)), line.code, "talk", "平均通话")],
  ];
  return make("article", { class: "board-tile", "data-place": `line-${line.code}`, "data-crisis-line": String(line.crisis), "data-busy": String(line.waiting > 0), "data-age": line.longest_since ? age(line.longest_since) : 0 },
    make("h2", {}, line.name, line.taken_over_by ? make("small", {}, ` ${line.taken_over_by}接管`) : null,
      tv ? null : make("button", { type: "button", class: "btn btn-sm btn-link", "aria-label": `${line.taken_over_by ? "交还" : "接管"}${line.name}`, onclick: () => takeOver(line) }, line.taken_over_by ? "交还" : "接管")),
    make("div", { class: "board-now" }, queue("等待", make("b", {}, line.waiting)), make("span", {}, " 等待"), line.longest_since ? make("span", {}, " 最长 ", queue("最长等待", since(line.longest_since))) : null, spark(line.hour)),
    make("dl", {}, ...cells.slice(0, tv ? ON_WALL : undefined).map(([label, value]) => make("div", {}, make("dt", {}, label), make("dd", {}, value)))));
}

function agentCard(agent) {
  const line = board.lines.find((each) => each.code === agent.line);
  const card = make("article", { class: "agent", "data-place": `agent-${agent.id}`, "data-state": agent.state, "data-age": age(agent.since), "data-hand": String(agent.hand) },
    make("header", {}, tv ? make("b", { title: agent.name }, agent.name) : make("button", { type: "button", class: "btn btn-link", title: agent.name, onclick: () => openAgent(agent) }, agent.name), make("small", {}, agent.agent_no)),
    make("div", { class: "agent-now" }, make("span", { class: "agent-state" }, agent.label), make("span", { class: "agent-line" }, agent.hand ? "✋ 请求协助" : line ? line.name : ""), since(agent.since)));
  if (!tv && agent.call && ["talking", "hold"].includes(agent.state)) card.append(observeButtons(agent.call));
  return card;
}

function tick() {
  for (const node of root.querySelectorAll("time[data-since]")) node.textContent = clock(seconds(node.dataset.since));
  for (const card of root.querySelectorAll(".agent, .board-tile")) {
    const started = card.querySelector("time[data-since]");
    if (started) card.dataset.age = age(started.dataset.since);
  }
  const silent = Date.now() - heardAt;
  const stale = heardAt > 0 && silent > STALE_MS;
  at("stale").hidden = !stale;
  if (stale) live("连接中断", "late");
  if (stale) at("stale-for").textContent = `已 ${Math.round(silent / 1000)} 秒未收到数据，正在重新连接`;
  root.dataset.stale = String(stale);
  at("mute").hidden = !blocked();
}

// The waiting crises and the broken threshold; what sounds and when is the alarm's own matter.
function alarms() {
  const crisis = [...board.crisis.filter((one) => !one.agent), ...board.alerts];
  const found = crisis.map((one) => ({ kind: "crisis", id: `${one.call}:${one.since}`, since: one.since }));
  return board.connect_broken ? [...found, { kind: "connect", id: "connect" }] : found;
}

// Acting -------------------------------------------------------------------------------------------

async function act(path, body) {
  try {
    const answer = await call(`/wallboard/${path}`, { method: "POST", body });
    poll();
    return answer;
  } catch (problem) {
    toast(problem.message, { bad: true });
    return null;
  }
}

async function takeOver(line) {
  const on = !line.taken_over_by;
  const answer = await act("take-over", { line: line.code, on });
  if (!answer) return;
  toast(on ? `已接管${line.name}，新来电先派给您；离线即自动交还。` : `${line.name}已交还，来电照常派话。`);
}

async function observe(ref, mode) {
  if (telephone) return showObserving(await act("observe/mode", { mode }), mode);
  const answer = await act("observe", { call: ref, mode });
  if (!answer) return;
  try {
    telephone = telephoneFor(await call("/desk/line/telephone"));
    await telephone.connect({ stint: String(answer.stint) });
    showObserving(answer, mode);
  } catch (problem) {
    await stopObserving();
    toast(problem.message, { bad: true });
  }
}

function showObserving(answer, mode) {
  if (!answer) return;
  const box = at("observing");
  const label = { listen: "正在监听（双方听不到您）", whisper: "正在耳语（仅坐席听到）", barge: "已加入通话（双方听到您）" }[mode];
  box.hidden = false;
  box.replaceChildren(make("b", {}, label), observeButtons(""),
    make("button", { type: "button", class: "btn btn-sm btn-danger", onclick: stopObserving }, "退出"));
}
async function stopObserving() {
  await act("observe/leave", {});
  telephone?.hangUp().catch(() => {});
  telephone = null;
  at("observing").hidden = true;
  at("open-event").focus({ preventScroll: true });
}

async function openAgent(agent) {
  const dialog = document.querySelector("[data-agent-dialog]");
  dialog.querySelector("[data-agent-name]").textContent = `${agent.name} ${agent.agent_no} · ${agent.label}`;
  let order = [...agent.skills];
  dialog.querySelector("[data-agent-skills]").replaceChildren(...board.lines.map((line) => {
    const box = make("input", { type: "checkbox", class: "form-check-input", id: `skill-${line.code}`, checked: order.includes(line.code),
      onchange: (event) => (order = event.target.checked ? [...order, line.code] : order.filter((code) => code !== line.code)) });
    return make("div", { class: "form-check" }, box, make("label", { class: "form-check-label", for: `skill-${line.code}` }, line.name));
  }));
  const reason = dialog.querySelector("#release-reason");
  reason.value = "";
  const chosen = await ask(dialog);
  const done = {
    skills: () => act("skills", { agent: agent.id, lines: order }).then((kept) => kept && toast(`${agent.name}的线路已保存，下一个来电起生效。`)),
    release: () => act("release", { agent: agent.id, reason: reason.value.trim() }).then((kept) => kept && toast(`${agent.name}已释放。`)),
  }[chosen];
  if (done) await done();
  focusOn(`agent-${agent.id}`);
}

async function openEvent() {
  const dialog = document.querySelector("[data-event-dialog]");
  dialog.querySelector("[data-event-codes]").replaceChildren(...board.lines.filter((line) => !line.crisis).map((line) => make("option", { value: line.code, selected: line.code === "special" }, line.name)));
  const chosen = await ask(dialog);
  at("open-event").focus();
  if (chosen !== "open") return;
  const value = (id) => dialog.querySelector(`#event-${id}`).value.trim();
  act("event-lines", { key: value("key"), name: value("name"), line: value("line"), announcement: value("words"), hours: value("hours") ? Number(value("hours")) : null });
}

// Back to where the dialog was opened from, which may have been drawn anew meanwhile.
const focusOn = (place) => root.querySelector(`[data-place="${place}"] :is(a, button)`)?.focus({ preventScroll: true });

const ask = (dialog) => new Promise((resolve) => {
  dialog.returnValue = "";
  dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  dialog.showModal();
});

// Keeping up ---------------------------------------------------------------------------------------

function take(fresh) {
  board = fresh;
  heardAt = Date.now();
  draw();
  tick();
}
function live(word, tone) {
  at("live").className = `chip chip-${tone}`;
  at("live").lastElementChild.textContent = word;
}
async function poll() {
  try {
    take(await call(root.dataset.snapshot, { background: true }));
    if (!streaming) live("定时刷新", "soon");
  } catch {
    live("连接中断", "late");
  }
}
function listen() {
  const stream = new EventSource(root.dataset.stream);
  stream.addEventListener("snapshot", (event) => {
    streaming = true;
    live("实时", "ok");
    take(JSON.parse(event.data));
  });
  stream.addEventListener("alive", () => {
    heardAt = Date.now();
    if (board) live("实时", "ok");
  });
  stream.addEventListener("ended", () => {
    stream.close();
    streaming = false;
    live("已退出", "late");
  });
  stream.onerror = () => {
    streaming = false;
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 10_000);
  };
}

at("open-event")?.addEventListener("click", openEvent);
if (tv) addEventListener("resize", () => board && fit());
setInterval(tick, 1000);
setInterval(() => streaming || poll(), POLL_MS);
listen();
poll();
