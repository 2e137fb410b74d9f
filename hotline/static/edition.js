// The edition form: fields become one JSON body, and the body a live preview against a real month.

import { call, debounce } from "./hotline.js";

const page = document.querySelector("[data-edition]");
const form = page.querySelector("form");
const field = form.elements.body;
const told = page.querySelector("[data-told]");

const put = (body, path, value) => {
  const keys = path.split(".");
  const last = keys.pop();
  const holder = keys.reduce((part, key) => part[key], body);
  holder[last] = value;
};

const gather = () => {
  const body = JSON.parse(field.value);
  for (const input of form.querySelectorAll("[data-path]")) {
    put(body, input.dataset.path, input.value || (input.dataset.path === "valid_to" ? null : ""));
  }
  for (const list of form.querySelectorAll("[data-items]")) {
    const rows = [...list.querySelectorAll("[data-item]")].map((row) =>
      Object.fromEntries([...row.querySelectorAll("[data-key]")].map((input) => [input.dataset.key, input.value.trim()])),
    );
    put(body, list.dataset.items, rows.filter((row) => row.label));
  }
  for (const area of form.querySelectorAll("[data-json]")) put(body, area.dataset.json, JSON.parse(area.value));
  body.sections = [...form.querySelectorAll("[data-sections] select")].map((select) => select.value).filter(Boolean);
  return JSON.stringify(body);
};

const first = (wrong) => (Array.isArray(wrong) ? wrong[0] : first(Object.values(wrong)[0]));

const preview = debounce(350, async () => {
  try {
    const body = { body: gather(), month: page.querySelector("#against").value };
    page.querySelector("[data-shown]").innerHTML = await call(page.dataset.preview, { method: "POST", body, accept: "text/html, application/json" });
    told.textContent = "";
  } catch (fault) {
    const fields = fault.told && fault.told.fields;
    told.textContent = fault instanceof SyntaxError ? "JSON 还不完整" : `${fault.message}${fields && Object.keys(fields).length ? `（${first(fields)}）` : ""}`;
  }
});

form.addEventListener("input", preview);
page.querySelector("#against").addEventListener("change", preview);
form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-up]")) {
    const row = button.closest("[data-item]");
    if (row.previousElementSibling?.matches("[data-item]")) row.previousElementSibling.before(row);
    preview();
  }
  if (button.matches("[data-add]")) {
    const row = button.parentElement.querySelector("[data-item]").cloneNode(true);
    for (const input of row.querySelectorAll("input")) input.value = "";
    button.before(row);
    row.querySelector("input").focus();
  }
});
form.addEventListener("submit", (event) => {
  try {
    field.value = gather();
  } catch {
    event.preventDefault();
    told.textContent = "JSON 还不完整，没有保存";
  }
});
preview();
