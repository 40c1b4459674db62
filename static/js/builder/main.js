// Puts the builder together: draws what changed, listens to the keys, and sends the rest to those who know.
import { drawChecklist, goTo } from "./checklist.js";
import { announce, find, isTyping, redraw } from "./dom.js";
import { allowDragging } from "./dragging.js";
import { languageStrip } from "./languages.js";
import { pane as drawPane } from "./panels.js";
import { followInPreview } from "./preview.js";
import { tidy } from "./parts.js";
import { refreshMarks, refreshTitle } from "./questions.js";
import { saveNow, startSaving } from "./saving.js";
import { start, t } from "./start.js";
import { canRedo, canUndo, listen, look, redo, store, undo } from "./store.js";
import { leaveAll, ownRemarks, refreshRemarks, remarkList } from "./texts.js";
import { load } from "./words.js";

const root = document.querySelector("[data-builder]");
const pane = root.querySelector("[data-pane]");
const tabs = [...root.querySelectorAll("[data-tab]")];
const TRIED = `tried:${start.survey.id}`; // whoever comes back from the review sees what it named
const title = document.querySelector(".page-header h1");

const drawBar = () => {
  for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.tab === store.ui.tab));
  root.querySelector("[data-undo]").disabled = !canUndo();
  root.querySelector("[data-redo]").disabled = !canRedo();
  title.textContent = store.name;
};

const drawStrip = () => {
  const strip = pane.querySelector(".lang-strip");
  if (!strip) return;
  const at = strip.contains(document.activeElement) ? document.activeElement.dataset.at : "";
  strip.replaceWith(languageStrip());
  if (at) find(pane, at)?.focus({ preventScroll: true });
};

const judge = () => {
  drawChecklist();
  refreshRemarks(pane);
  refreshMarks(pane);
  for (const box of pane.querySelectorAll("[data-remarks]")) box.replaceChildren(remarkList(ownRemarks(box.dataset.remarks), `r-${box.dataset.remarks}`));
};

const draw = (what) => {
  drawBar();
  if (what === "changed" || what === "seen") redraw(pane, drawPane);
  else { drawStrip(); refreshTitle(pane); }
  if (what !== "typed") judge();
};

/** On narrow screens the words, the preview and the checklist take turns. */
const sides = [...root.querySelectorAll("[data-side]")];
const side = (name) => {
  root.dataset.shown = name;
  if (name === "checks") root.querySelector("[data-checklist]").open = true;
  for (const one of sides) one.setAttribute("aria-pressed", String(one.dataset.side === name));
};

const travel = (go, words) => {
  if (go()) announce(words);
};

const keys = (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "s") { event.preventDefault(); saveNow(); return; }
  if (isTyping(event.target) || event.target.closest?.("dialog")) return;
  if (key === "z" && !event.shiftKey) { event.preventDefault(); travel(undo, t("Undone.")); }
  else if ((key === "z" && event.shiftKey) || key === "y") { event.preventDefault(); travel(redo, t("Done again.")); }
};

const begin = () => {
  root.hidden = false;
  root.querySelector("[data-undo]").addEventListener("click", () => travel(undo, t("Undone.")));
  root.querySelector("[data-redo]").addEventListener("click", () => travel(redo, t("Done again.")));
  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      look({ tab: tab.dataset.tab, adding: null });
      if (root.getBoundingClientRect().top < 0) root.scrollIntoView();
    });
  }
  for (const one of sides) one.addEventListener("click", () => side(one.dataset.side));
  document.addEventListener("keydown", keys);
  document.querySelector("[data-review]")?.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    tidy();
    sessionStorage.setItem(TRIED, "1");
    leaveAll();
    const { href } = event.currentTarget;
    if (await saveNow()) location.assign(href);
    else { judge(); announce(t("Something could not be saved yet; look at the message beside undo.")); }
  });
  if (sessionStorage.getItem(TRIED)) leaveAll();
  sessionStorage.removeItem(TRIED);
  allowDragging(pane);
  listen(draw);
  draw("changed");
  side("edit");
  startSaving();
  followInPreview();
  for (const locale of store.document.locales.slice(0, 6)) load(locale);
  const wished = decodeURIComponent(location.hash.slice(1));
  if (/^(text|field|add)/.test(wished)) goTo(wished, start.open);
};

begin();
