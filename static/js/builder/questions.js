// The cards: one question each, one open at a time, in the order in which people answer.
import { add, duplicate, move, partKey, parts, question, remove, titleKey, movePart } from "./document.js";
import { announce, button, find, h, icon, iconButton, isTyping } from "./dom.js";
import { body } from "./card.js";
import { sentence } from "./conditions.js";
import { made } from "./parts.js";
import { grip, onMove } from "./dragging.js";
import { metricName } from "./scale.js";
import { scale, start, t } from "./start.js";
import { edit, look, store } from "./store.js";
import { remarkCount } from "./texts.js";
import { KINDS, load, nameOf, said } from "./words.js";

const pane = document.querySelector("[data-pane]");
const order = () => store.document.questions.map((one) => one.id);
const spoken = (one) => nameOf(one, 60) || KINDS[one.kind][0];
const headOf = (id) => find(pane, `card:${id}`);

export const openCard = (id, focus = true) => {
  look({ open: id, adding: null, tab: "questions" });
  if (focus && id) find(pane, `text:${titleKey(question(store.document, id))}`)?.focus();
};

const close = (id) => {
  look({ open: null });
  headOf(id)?.focus();
};

const shift = (id, by, to = order().indexOf(id) + by) => {
  if (to < 0 || to >= order().length || to === order().indexOf(id)) return;
  edit((document) => move(document, id, to));
  announce(t("“{name}” is now number {n} of {all}.", { name: spoken(question(store.document, id)), n: to + 1, all: order().length }));
};
onMove("cards", (id, to) => shift(id, 0, to));
onMove("parts", (part, to, id) => edit((document) => movePart(document, id, part, to)));

const removeCard = (one) => {
  const index = order().indexOf(one.id);
  const freed = edit((document, ui) => { ui.open = null; return remove(document, one.id); });
  announce([t("“{name}” was deleted. Undo brings it back.", { name: spoken(one) }), freed && t("Conditions that waited for its answer went with it.")].filter(Boolean).join(" "));
  headOf(order()[Math.min(index, order().length - 1)])?.focus();
};

const duplicateCard = async (one) => {
  await Promise.all(store.document.locales.map(load));
  const id = edit((document, ui) => (ui.open = duplicate(document, one.id, said)));
  find(pane, `text:${titleKey(question(store.document, id))}`)?.focus();
  announce(t("A copy of “{name}” stands below it.", { name: spoken(one) }));
};

export const addCard = (kind, index) => {
  const id = edit((document, ui) => {
    ui.adding = null;
    ui.open = add(document, kind, index);
    made(question(document, ui.open));
    return ui.open;
  });
  find(pane, `text:${titleKey(question(store.document, id))}`)?.focus();
  announce(t("{kind} was added as number {n}.", { kind: KINDS[kind][0], n: index + 1 }));
};

/** What a closed card says below its question. */
const notes = (one) => {
  const { values, look: shape } = scale(store.document.metric);
  const list = parts(one).map((part) => said(store.ui.locale, partKey(one, part))).filter(Boolean);
  return [
    one.kind === "score" ? `${metricName(store.document.metric)}${shape === "numbers" ? ` · ${values[0]}–${values.at(-1)}` : ""}` : KINDS[one.kind][0],
    one.kind === "matrix" && t("{n} lines, {low}–{high}", { n: parts(one).length, low: one.low ?? 1, high: one.high ?? 5 }),
    ["one", "many"].includes(one.kind) && list.slice(0, 3).join(", ") + (list.length > 3 ? ` … (${list.length})` : ""),
    one.required && t("required"),
  ].filter(Boolean).join(" · ");
};

const mark = (one) => {
  const { count, grave } = remarkCount(one.id);
  return h("span", { class: `card-mark${grave ? " is-grave" : ""}`, data: { mark: one.id }, hidden: !count }, icon("alert", true), h("span", { class: "visually-hidden" }, t("Remarks: {n}", { n: count })));
};

/** Keys of a card: Alt and an arrow moves it from anywhere inside but its choices; Escape closes it. */
const keys = (one) => (event) => {
  if (event.altKey && !event.ctrlKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    shift(one.id, event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key === "Escape" && store.ui.open === one.id && !event.target.closest("details[data-menu][open], dialog")) {
    event.preventDefault();
    close(one.id);
  } else if (["ArrowUp", "ArrowDown"].includes(event.key) && event.target.matches(".card-head") && !isTyping(event.target)) {
    event.preventDefault();
    headOf(order()[order().indexOf(one.id) + (event.key === "ArrowUp" ? -1 : 1)])?.focus();
  }
};

const card = (one, index, all) => {
  const open = store.ui.open === one.id;
  const acts = {
    first: index === 0,
    last: index === all.length - 1,
    move: (by) => shift(one.id, by),
    remove: () => removeCard(one),
    duplicate: () => duplicateCard(one),
    addBelow: () => { look({ adding: index + 1 }); find(pane, "kind:one")?.focus(); },
  };
  return h("li", { class: `qcard${open ? " is-open" : ""}`, data: { drag: one.id, card: one.id }, onkeydown: keys(one) },
    h("div", { class: "qcard-top" },
      grip(t("Move {name}", { name: spoken(one) })),
      h("button", { type: "button", class: "card-head", "aria-expanded": open ? "true" : "false", "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown", "data-at": `card:${one.id}`, onclick: () => (open ? close(one.id) : openCard(one.id)) },
        h("span", { class: "card-number", "aria-hidden": "true" }, index + 1),
        h("span", { class: "card-words" },
          h("span", { class: `card-title${nameOf(one) ? "" : " is-empty"}`, lang: store.ui.locale, dir: "auto" }, nameOf(one) || t("Not written yet")),
          h("span", { class: "card-note" }, open ? KINDS[one.kind][0] : notes(one)),
          !open && one.show?.conditions.length ? h("span", { class: "card-note card-if" }, icon("branch", true), sentence(one.show)) : false),
        mark(one), icon("chevron-down"))),
    open && body(one, acts));
};

/** The menu of kinds, where the new card will stand. */
const adder = (index) => {
  const full = order().length >= start.limits.questions;
  const shut = () => { look({ adding: null }); (find(pane, `below:${order()[index - 1]}`) ?? find(pane, "add"))?.focus(); };
  const walk = (event) => {
    const items = [...event.currentTarget.querySelectorAll(".kind:not(:disabled)")];
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") { event.stopPropagation(); shut(); }
    if (!step || !items.length) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  };
  return h("li", { class: "adder", onkeydown: walk },
    h("div", { class: "adder-head" }, h("h3", {}, t("What do you want to ask?")), iconButton(t("Close"), "x", { onclick: shut })),
    full ? h("p", { class: "help" }, t("A survey has at most {n} questions.", { n: start.limits.questions }))
      : h("div", { class: "kinds" }, Object.entries(KINDS).map(([kind, [name, help, sign]]) => {
        const taken = kind === "score" && order().includes("score");
        return h("button", { type: "button", class: "kind", disabled: taken, "data-at": `kind:${kind}`, onclick: () => addCard(kind, index) },
          icon(sign), h("span", {}, h("span", { class: "kind-name" }, name), h("span", { class: "kind-help" }, taken ? t("Every survey has one; yours is above") : help)));
      })));
};

export const questionsPane = () => {
  const { questions } = store.document;
  const rows = questions.map(card);
  if (store.ui.adding !== null) rows.splice(store.ui.adding, 0, adder(store.ui.adding));
  const more = () => { look({ adding: questions.length, open: null }); find(pane, "kind:one")?.focus(); };
  return [
    h("ol", { class: "qcards", data: { sort: "cards" }, "aria-label": t("Questions") }, rows),
    store.ui.adding === null && h("div", { class: "add-row" }, button(t("Add a question"), { onclick: more, "data-at": "add", class: "button button-add" }, "plus")),
  ];
};

/** The title of the open card follows what is typed below it. */
export const refreshTitle = (root) => {
  const one = question(store.document, store.ui.open);
  const title = one && headOf(one.id)?.querySelector(".card-title");
  if (!title || !root.contains(title)) return;
  title.textContent = nameOf(one) || t("Not written yet");
  title.classList.toggle("is-empty", !nameOf(one));
};

/** Newer marks on the cards, without drawing them again. */
export const refreshMarks = (root) => {
  for (const one of store.document.questions) root.querySelector(`[data-mark="${CSS.escape(one.id)}"]`)?.replaceWith(mark(one));
};
