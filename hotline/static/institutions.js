// Type-ahead for institutions: characters, full pinyin or initials ("gly" finds 鼓楼医院).
import { call, debounce } from "./hotline.js";

for (const input of document.querySelectorAll("input[data-institutions]")) {
  const list = document.createElement("datalist");
  list.id = `${input.id}-like`;
  input.after(list);
  input.setAttribute("list", list.id);
  input.addEventListener(
    "input",
    debounce(150, async () => {
      const text = input.value.trim();
      if (!text) return list.replaceChildren();
      const { items } = await call(`${input.dataset.institutions}?q=${encodeURIComponent(text)}`);
      list.replaceChildren(...items.map(({ name }) => new Option(`${text} · ${name}`, name)));
    }),
  );
}
