// The choice of a transfer: how (咨询, 直接, 三方), then to whom; by keyboard alone as well as by mouse.

import { call } from "./hotline.js";

const choices = (dialog) => [...dialog.querySelectorAll("[data-targets] button:not(:disabled)")];

// Opens the dialog; what was chosen as the body of /desk/line/transfer, or null.
export async function chooseTarget(dialog, how) {
  fill(dialog, await call("/desk/line/targets"));
  const first = dialog.querySelector(`[name=how][value=${how}]`);
  first.checked = true;
  explain(dialog);
  dialog.returnValue = "";
  dialog.showModal();
  first.focus();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  const [to, target] = dialog.returnValue.split(" ");
  return target ? { how: dialog.querySelector("[name=how]:checked").value, to, target } : null;
}

function fill(dialog, { lines, agents, contacts, dials_outside }) {
  const box = (kind) => dialog.querySelector(`[data-targets=${kind}]`);
  box("line").replaceChildren(...lines.map((each) => choice(dialog, "line", each.code, each.name)));
  box("agent").replaceChildren(...agents.map((each) => choice(dialog, "agent", each.id, `${each.name}（${each.state}）`, !each.ready)));
  box("contact").replaceChildren(...contacts.map((each) => (dials_outside ? choice(dialog, "contact", each.code, each.name) : number(each))));
  for (const kind of ["agent", "contact"]) if (!box(kind).children.length) box(kind).textContent = "无";
  dialog.querySelector("[data-by-hand]").hidden = dials_outside;
}

function choice(dialog, to, code, name, off = false) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-sm btn-outline-secondary", textContent: name, disabled: off });
  button.addEventListener("click", () => dialog.close(`${to} ${code}`));
  return button;
}

// A party this line cannot dial: its number, to be read out or dialled by hand.
function number({ name, number }) {
  const row = document.createElement("p");
  row.append(`${name} `, Object.assign(document.createElement("b"), { textContent: number }));
  return row;
}

function explain(dialog) {
  dialog.querySelector("[data-how-told]").textContent = dialog.querySelector("[name=how]:checked").dataset.told;
}

// Enter on a way of transfer goes on to the list; there the arrows move.
export function keys(dialog) {
  dialog.addEventListener("change", () => explain(dialog));
  dialog.addEventListener("keydown", (event) => {
    const list = choices(dialog);
    const at = list.indexOf(document.activeElement);
    if (event.target.name === "how") {
      if (event.key !== "Enter") return;
      event.preventDefault();
      list[0]?.focus();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && at >= 0) {
      event.preventDefault();
      list[(at + (event.key === "ArrowDown" ? 1 : -1) + list.length) % list.length].focus();
    }
  });
}
