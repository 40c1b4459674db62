// Two people in one draft: a note when edits were joined, and a choice where both changed the same place.
import { take } from "./joining.js";
import { announce, button, h, icon } from "./dom.js";
import { t } from "./start.js";
import { edit, store } from "./store.js";

const notes = document.querySelector("[data-notes]");

const note = (sign, tone, ...children) => {
  const box = h("div", { class: `banner tone-${tone} meeting` }, icon(sign), h("div", { class: "banner-text" }, children));
  return box;
};

/** Say that a colleague saved, and that nothing is lost. It goes away by itself or when it is pressed. */
export const tellJoined = (editor) => {
  const words = t("{name} saved meanwhile; your edits are joined.", { name: editor || t("Somebody") });
  const box = note("people", "info", h("p", {}, words));
  box.append(button(t("Close"), { class: "button button-quiet button-small", onclick: () => box.remove() }));
  notes.replaceChildren(box);
  announce(words);
  setTimeout(() => box.remove(), 12000);
};

export const tellBack = () => {
  const box = note("info", "info", h("p", {}, t("What you typed last time and could not be saved is back.")));
  box.append(button(t("Close"), { class: "button button-quiet button-small", onclick: () => box.remove() }));
  notes.replaceChildren(box);
};

const side = (title, words, removed, act, label) =>
  h("div", { class: "clash-side" },
    h("span", { class: "clash-label" }, title),
    h("q", { dir: "auto" }, removed ? t("(deleted)") : words || t("(empty: the ready-made words)")),
    button(label, { class: "button button-small", onclick: act }));

/** One line a clash, with both texts in view. Mine stand in the draft until theirs are chosen. */
export const tellClashes = (editor, clashes, theirs) => {
  const name = editor || t("Somebody");
  const box = note("people", "warn",
    h("strong", { class: "banner-title" }, t("You and {name} changed the same at the same time", { name })),
    h("p", {}, t("Nothing is lost. Yours is in the draft now; choose which of the two stays.")));
  const list = h("ul", { class: "clashes" });
  const settle = (item, words) => {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    announce(words);
    if (next) next.querySelector("button").focus();
    else { box.remove(); document.querySelector("[data-pane] button, [data-pane] textarea")?.focus(); }
  };
  for (const clash of clashes) {
    const item = h("li", {}, h("strong", {}, clash.title, clash.language && h("span", { class: "muted" }, ` (${clash.language})`)));
    const theirsNow = () => {
      edit((document) => {
        if (clash.place[0] === "name") store.name = theirs.name;
        else Object.assign(document, take(document, clash.place, theirs.document));
      });
      settle(item, t("{name}’s is in the draft.", { name }));
    };
    item.append(h("div", { class: "clash-sides" },
      side(t("Yours"), clash.mine, clash.removed === "mine", () => settle(item, t("Yours stays.")), t("Keep mine")),
      side(name, clash.theirs, clash.removed === "theirs", theirsNow, t("Take theirs"))));
    list.append(item);
  }
  box.querySelector(".banner-text").append(list);
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  notes.replaceChildren(box);
};
