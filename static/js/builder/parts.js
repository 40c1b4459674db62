// The choices of a question, or the lines of a rating table: typed one below the other, like a list on paper.
import { addParts, movePart, partKey, parts, removePart } from "./document.js";
import { announce, button, dialog, find, h, iconButton } from "./dom.js";
import { grip } from "./dragging.js";
import { start, t } from "./start.js";
import { edit, store } from "./store.js";
import { text } from "./texts.js";
import { said } from "./words.js";

const pane = document.querySelector("[data-pane]");
const goTo = (one, part) => find(pane, `text:${partKey(one, part)}`)?.focus();

const names = (one) => (one.kind === "matrix"
  ? { one: (n) => t("Line {n}", { n }), add: t("Add a line"), head: t("Lines to rate") }
  : { one: (n) => t("Choice {n}", { n }), add: t("Add a choice"), head: t("Choices") });

const insert = (one, index, texts) => {
  const room = start.limits.parts - parts(one).length;
  if (room <= 0) { announce(t("There is no room for more.")); return; }
  const made = edit((document) => addParts(document, one.id, index, texts.slice(0, room), store.ui.locale));
  goTo(one, made.at(-1));
};

const drop = (one, part) => {
  const list = parts(one);
  const index = list.indexOf(part);
  edit((document) => removePart(document, one.id, part));
  const left = list.filter((other) => other !== part);
  if (left.length) goTo(one, left[Math.max(0, index - 1)]);
  else find(pane, `add-part:${one.id}`)?.focus();
};

const shift = (one, part, by) => {
  const list = parts(one);
  const to = list.indexOf(part) + by;
  if (to < 0 || to >= list.length) return;
  edit((document) => movePart(document, one.id, part, to));
  announce(t("“{name}” is now number {n} of {all}.", { name: said(store.ui.locale, partKey(one, part)) || names(one).one(to + 1), n: to + 1, all: list.length }));
};

/** Enter goes on below, Backspace in an empty field takes it away, Alt and an arrow moves it. */
const keys = (one, part) => (event) => {
  const list = parts(one);
  const index = list.indexOf(part);
  if (event.key === "Enter" && !event.isComposing) insert(one, index + 1, [""]);
  else if (event.key === "Backspace" && event.target.value === "" && list.length > 1) drop(one, part);
  else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) shift(one, part, event.key === "ArrowUp" ? -1 : 1);
  else return;
  event.preventDefault();
  event.stopPropagation();
};

const lines = (words) => words.split(/\r?\n/).map((line) => line.replace(/^\s*(?:[-*•–]|\d+[.)])\s+/, "").trim().slice(0, start.limits.part)).filter(Boolean);

/** Several lines pasted into one field become several choices. */
const pasted = (one, part) => (event) => {
  const found = lines(event.clipboardData?.getData("text/plain") ?? "");
  if (found.length < 2) return;
  event.preventDefault();
  const { target } = event;
  const [first, ...rest] = target.value.trim() ? ["", ...found] : found;
  if (first) { target.value = first; target.dispatchEvent(new Event("input", { bubbles: true })); }
  insert(one, parts(one).indexOf(part) + 1, rest);
  announce(t("{n} lines were added.", { n: found.length }));
};

const pasteMany = async (one) => {
  const area = h("textarea", { class: "input input-long", rows: 8, "aria-label": t("One line each"), lang: store.ui.locale });
  const answer = await dialog(t("Paste many lines"), [h("p", {}, t("One line each. Bullets and numbers before them are taken off.")), area],
    (close) => [button(t("Cancel"), { onclick: () => close("") }), button(t("Add them"), { class: "button button-primary", onclick: () => close("add") })]);
  const found = lines(area.value);
  if (answer !== "add" || !found.length) return;
  const empty = parts(one).filter((part) => !said(store.ui.locale, partKey(one, part)));
  edit((document) => {
    for (const part of empty) removePart(document, one.id, part);
    const at = parts(document.questions.find((other) => other.id === one.id)).length;
    addParts(document, one.id, at, found.slice(0, start.limits.parts - at), store.ui.locale);
  });
  announce(t("{n} lines were added.", { n: found.length }));
};

const line = (one, part, index, list) =>
  h("li", { class: "part", data: { drag: part } },
    grip(t("Move {name}", { name: names(one).one(index + 1) })),
    text({ key: partKey(one, part), label: names(one).one(index + 1), bare: true, prompt: names(one).one(index + 1), onkeydown: keys(one, part), onpaste: pasted(one, part) }),
    h("span", { class: "part-acts" },
      iconButton(t("Move up"), "arrow-up", { disabled: index === 0, onclick: () => shift(one, part, -1), "data-at": `up:${one.id}.${part}` }),
      iconButton(t("Move down"), "arrow-down", { disabled: index === list.length - 1, onclick: () => shift(one, part, 1), "data-at": `down:${one.id}.${part}` }),
      iconButton(t("Remove {name}", { name: said(store.ui.locale, partKey(one, part)) || names(one).one(index + 1) }), "x", { onclick: () => drop(one, part) })));

export const partList = (one) => {
  const list = parts(one);
  return h("fieldset", { class: "field parts" },
    h("legend", { class: "label" }, names(one).head),
    h("ol", { class: "part-list", data: { sort: `parts:${one.id}` } }, list.map((part, index) => line(one, part, index, list))),
    h("div", { class: "row part-foot" },
      button(names(one).add, { class: "button button-quiet button-small", onclick: () => insert(one, list.length, [""]), "data-at": `add-part:${one.id}` }, "plus"),
      button(t("Paste many lines"), { class: "button button-quiet button-small", onclick: () => pasteMany(one), "data-at": `paste:${one.id}` }, "copy")));
};
