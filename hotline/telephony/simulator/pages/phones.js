// Fake phones: each card is one telephone; what it hears is pushed by the simulator.
const STATES = { idle: "空闲", ringing: "来电振铃", open: "已接通", talking: "通话中", over: "已挂断" };
const KEYS = [..."123456789*0#"];
const KINDS = { key: "按键", note: "", music: "♪", play: "♪ 录音" };
const cards = new Map();
const place = document.querySelector("#phones");
const line = document.querySelector("#line");

async function ask(method, number, act = "", body = undefined) {
  const answer = await fetch(`/phones/${encodeURIComponent(number)}${act && "/" + act}`, {
    method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
  });
  if (answer.status === 200) show(await answer.json());
}

function add(number) {
  if (cards.has(number)) return cards.get(number).focus();
  const card = document.querySelector("#phone").content.firstElementChild.cloneNode(true);
  const act = (name, body) => ask("POST", number, name, body);
  card.querySelector("h2").textContent = number === "anonymous" ? "匿名来电" : number;
  card.setAttribute("aria-label", `话机 ${number}`);
  for (const key of KEYS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = key;
    button.addEventListener("click", () => act("keys", { keys: key }));
    card.querySelector(".keys").append(button);
  }
  for (const name of ["dial", "answer", "hangup"]) {
    card.querySelector(`.${name}`).addEventListener("click", () => act(name));
  }
  card.querySelector(".remove").addEventListener("click", () => remove(number));
  card.querySelector(".say").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.elements.text;
    if (field.value.trim()) act("say", { text: field.value.trim() });
    field.value = "";
  });
  card.addEventListener("keydown", (event) => {
    if (event.target !== card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEYS.includes(event.key)) act("keys", { keys: event.key });
    else if (event.key === "Enter") act(card.dataset.state === "ringing" ? "answer" : "dial");
    else if (event.key === "Escape") act("hangup");
    else return;
    event.preventDefault();
  });
  cards.set(number, card);
  place.append(card);
  keep();
  ask("PUT", number);
  card.focus();
}

function remove(number) {
  ask("DELETE", number);
  cards.get(number)?.remove();
  cards.delete(number);
  keep();
}

function keep() {
  localStorage.setItem("phones", JSON.stringify([...cards.keys()]));
  document.querySelector("#empty").hidden = cards.size > 0;
}

function show(phone) {
  const card = cards.get(phone.number);
  if (!card) return;
  const live = phone.state === "open" || phone.state === "talking";
  card.dataset.state = phone.state;
  card.querySelector(".state").textContent = phone.held ? "保持中" : phone.waiting ? "排队等候" : STATES[phone.state];
  card.querySelector(".time").textContent = phone.state === "idle" ? "" : clockText(phone.seconds);
  card.querySelector(".dial").disabled = live || phone.state === "ringing";
  card.querySelector(".answer").disabled = phone.state !== "ringing";
  card.querySelector(".hangup").disabled = !(live || phone.state === "ringing");
  for (const control of card.querySelectorAll(".keys button, .say input, .say button")) control.disabled = !live;
  heard(card.querySelector(".heard"), phone.lines);
}

function heard(list, lines) {
  if (list.children.length > lines.length) list.replaceChildren();
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  for (const said of lines.slice(list.children.length)) {
    const item = document.createElement("li");
    const at = document.createElement("time");
    item.dataset.kind = said.kind;
    at.textContent = said.at;
    item.append(at, `${KINDS[said.kind] ?? ""} ${said.text}`.trim());
    list.append(item);
  }
  if (atEnd) list.scrollTop = list.scrollHeight;
}

const two = (number) => String(number).padStart(2, "0");
const clockText = (seconds) => `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;

document.querySelector("#add").addEventListener("submit", (event) => {
  event.preventDefault();
  add(event.target.elements.number.value.trim());
});
document.querySelector("#random").addEventListener("click", () => {
  document.querySelector("#number").value = "1380000" + String(Math.floor(Math.random() * 10000)).padStart(4, "0");
});

const stream = new EventSource("/phones/stream");
stream.addEventListener("message", (event) => show(JSON.parse(event.data)));
stream.addEventListener("error", () => {
  line.textContent = "与模拟器的连接中断，正在重连…";
  line.className = "line down";
});
stream.addEventListener("open", async () => {
  const { simulator } = await (await fetch("/live")).json();
  line.textContent = `热线 ${simulator} 可以拨打`;
  line.className = "line up";
  for (const number of cards.keys()) ask("PUT", number);
});

for (const number of JSON.parse(localStorage.getItem("phones") ?? '["13800001234"]')) add(number);
keep();

// `?dial=13800001234&keys=0`: a link from the desk that dials at once and goes straight to a person.
const wish = new URLSearchParams(location.search);
if (wish.get("dial")) {
  const number = wish.get("dial");
  add(number);
  ask("POST", number, "dial").then(() => setTimeout(() => ask("POST", number, "keys", { keys: wish.get("keys") ?? "" }), 1500));
  history.replaceState(null, "", location.pathname);
}
