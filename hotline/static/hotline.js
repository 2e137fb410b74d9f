// What every page can do: talk to the server, say what was done, find, show its keys.

const csrf = () => document.querySelector("meta[name=csrf]").content;

export class Failed extends Error {
  constructor(status, told) {
    super(told.message || "网络或服务暂时不可用，请稍后重试。");
    this.status = status;
    this.told = told;
  }
}

const BACKGROUND_MS = 10_000;

// fetch with JSON both ways, CSRF and one error class. `background`: a poll, not a sign of the person.
export async function call(url, { method = "GET", body, background = false, accept = "application/json" } = {}) {
  const headers = { Accept: accept };
  if (method !== "GET") headers["X-CSRFToken"] = csrf();
  if (background) headers["X-Background"] = "1";
  let payload = body;
  if (body !== undefined && !(body instanceof FormData) && !(body instanceof URLSearchParams)) {
    headers["Content-Type"] = "application/json";
    payload = JSON.stringify(body);
  }
  let response;
  try {
    const signal = background ? AbortSignal.timeout(BACKGROUND_MS) : undefined;
    response = await fetch(url, { method, headers, body: payload, signal, credentials: "same-origin" });
  } catch {
    throw new Failed(0, {});
  }
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  if (response.status === 401) signInAgain();
  if (!response.ok) throw new Failed(response.status, isJson ? await response.json() : {});
  if (response.status === 204) return null;
  return isJson ? response.json() : response.text();
}

// Say what was done; with `undo`, offer to take it back for some seconds.
export function toast(text, { undo, bad = false, seconds = 8 } = {}) {
  const line = document.createElement("div");
  line.className = bad ? "bad" : "";
  const words = document.createElement("span");
  words.textContent = text;
  line.append(words);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "撤销";
    button.addEventListener("click", () => {
      line.remove();
      undo();
    });
    line.append(button);
  }
  document.querySelector("[data-toasts]").append(line);
  setTimeout(() => line.remove(), seconds * 1000);
}

export const debounce = (wait, work) => {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), wait);
  };
};

export const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

// Keys: any element with data-key="F2", "Ctrl+Enter" or "j" is clicked (or focused) by that key.
export const keyOf = (event) =>
  [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.key.length === 1 ? event.key : event.key]
    .filter(Boolean)
    .join("+");

function press(event) {
  const key = keyOf(event);
  const plain = !event.ctrlKey && !event.altKey && !/^F\d+$/.test(event.key);
  if (document.querySelector("dialog[open]") || (plain && typing(event.target))) return;
  if (key === "Ctrl+k") return void (event.preventDefault(), openPalette());
  if (key === "?") return void (event.preventDefault(), openHelp());
  const target = [...document.querySelectorAll("[data-key]")].find(
    (each) => each.dataset.key === key && !each.disabled && each.offsetParent !== null,
  );
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
}

function dialog(title) {
  const over = document.createElement("dialog");
  over.className = "over";
  over.setAttribute("aria-label", title);
  over.addEventListener("close", () => over.remove());
  over.addEventListener("click", (event) => event.target === over && over.close());
  document.body.append(over);
  return over;
}

// The session has ended while a page was open: what is on the page stays, a second window signs in, the token is renewed.
function signInAgain() {
  if (document.querySelector("dialog[data-session]")) return;
  const over = dialog("登录已结束");
  over.dataset.session = "";
  over.innerHTML =
    '<header><h2>登录已结束</h2></header><div class="p-3"><p>本页已填写的内容都还在。请在新窗口重新登录，再回到这里继续。</p><a class="btn btn-primary" href="/sign-in" target="_blank" rel="noopener">重新登录</a></div>';
  addEventListener("focus", () => renew(over));
  over.showModal();
}

async function renew(over) {
  if (!over.isConnected) return;
  const answer = await fetch("/me", { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const of = (root, name) => root.querySelector(`meta[name=${name}]`)?.content;
  if (of(page, "person") !== of(document, "person")) return location.reload();
  document.querySelector("meta[name=csrf]").content = of(page, "csrf");
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = of(page, "csrf");
  over.close();
  toast("已重新登录，可以继续。");
}

const ALWAYS = [["Ctrl+K", "查找来电、工单、页面"], ["?", "显示快捷键"], ["Esc", "关闭窗口"]];

export function openHelp() {
  const over = dialog("快捷键");
  const head = document.createElement("header");
  head.innerHTML = "<h2>本页快捷键</h2><small>按 Esc 关闭</small>";
  const list = document.createElement("div");
  list.className = "keys";
  const own = [...document.querySelectorAll("[data-key]")].map((each) => [
    each.dataset.key,
    each.dataset.keyLabel || each.getAttribute("aria-label") || each.textContent.trim(),
  ]);
  for (const [key, label] of new Map([...own, ...ALWAYS])) {
    const line = document.createElement("div");
    const name = document.createElement("kbd");
    name.textContent = key.replace("+", " ");
    line.append(label, name);
    list.append(line);
  }
  over.append(head, list);
  over.showModal();
}

export function openPalette() {
  const over = dialog("查找");
  over.innerHTML =
    '<header><input type="search" aria-label="查找来电、工单、页面" placeholder="流水号、工单号、电话、机构或页面" autocomplete="off"></header><div class="results" role="listbox" aria-label="结果"></div>';
  const [input, results] = [over.querySelector("input"), over.querySelector(".results")];
  const say = (text) => (results.replaceChildren(Object.assign(document.createElement("p"), { className: "none", textContent: text })));
  say("输入后即时查找，↑ ↓ 选择，回车打开");
  const search = debounce(180, async () => {
    const text = input.value.trim();
    if (!text) return say("输入后即时查找，↑ ↓ 选择，回车打开");
    try {
      const { groups } = await call(`/find?q=${encodeURIComponent(text)}`);
      if (input.value.trim() === text) fill(results, groups) || say(`没有找到“${text}”`);
    } catch (failed) {
      say(failed.message);
    }
  });
  input.addEventListener("input", search);
  over.addEventListener("keydown", (event) => move(event, results));
  over.showModal();
  input.focus();
}

function fill(results, groups) {
  results.replaceChildren();
  for (const group of groups) {
    results.append(Object.assign(document.createElement("div"), { className: "group", textContent: group.label }));
    for (const item of group.items) {
      const hit = Object.assign(document.createElement("a"), { className: "hit", href: item.url });
      hit.setAttribute("role", "option");
      hit.append(item.title, Object.assign(document.createElement("small"), { textContent: item.hint || "" }));
      results.append(hit);
    }
  }
  results.querySelector("a")?.setAttribute("aria-selected", "true");
  return groups.length > 0;
}

function move(event, results) {
  const hits = [...results.querySelectorAll("a.hit")];
  const at = hits.findIndex((hit) => hit.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && hits.length) {
    event.preventDefault();
    hits[at]?.removeAttribute("aria-selected");
    const next = hits[(at + step + hits.length) % hits.length];
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    hits[at].click();
  }
}

async function toggleTheme() {
  const root = document.documentElement;
  const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  root.dataset.theme = root.dataset.bsTheme = theme;
  try {
    await call("/me/theme", { method: "POST", body: { theme } });
  } catch (failed) {
    toast(`配色未能保存：${failed.message}`, { bad: true });
  }
}

// Rows that open: j/k moves, Enter follows the row's link.
function rows(event) {
  const step = { j: 1, k: -1 }[event.key];
  const list = [...document.querySelectorAll("table[data-rows] tbody tr")];
  if (!list.length || typing(event.target) || event.ctrlKey || document.querySelector("dialog[open]")) return;
  const at = list.indexOf(document.activeElement.closest("tr"));
  if (step) {
    const next = list[Math.max(0, Math.min(list.length - 1, at + step))];
    next.tabIndex = -1;
    next.focus();
  } else if (event.key === "Enter" && event.target === list[at]) {
    list[at].querySelector("a")?.click();
  }
}

for (const told of document.querySelectorAll("[data-fades]")) setTimeout(() => told.remove(), 8000);

document.addEventListener("keydown", press);
document.addEventListener("keydown", rows);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]")) openPalette();
  if (event.target.closest("[data-help]")) openHelp();
  if (event.target.closest("[data-theme-toggle]")) toggleTheme();
});
// A form is sent once: the button says so until the answer comes.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if (form.method !== "post" || event.defaultPrevented) return;
  form.dataset.sent = "1";
  const release = () => delete form.dataset.sent;
  addEventListener("pageshow", release, { once: true });
  setTimeout(release, 10_000);
});
