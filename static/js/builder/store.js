// The one document that everything on the page shows, and the way back through what was done to it.
import { whole } from "./document.js";
import { repeat, difference } from "./joining.js";
import { start } from "./start.js";

const MOST_STEPS = 300;
const PAUSE = 1200; // ms without typing after which undo makes a step of its own

export const store = {
  document: whole(start.document),
  name: start.survey.name,
  words: start.words,
  findings: start.findings,
  lines: start.lines,
  flaws: [],
  ui: { tab: "questions", open: null, locale: start.open, adding: null },
};

const listeners = [];
/** `listener(what)` hears of every change: "typed" (one text), "changed" (anything else), "seen" (only the view). */
export const listen = (listener) => listeners.push(listener);
export const tell = (what) => { for (const listener of listeners) listener(what); };

let past = [];
let future = [];
let typed = { key: null, at: 0 };

const now = () => ({ document: store.document, name: store.name, open: store.ui.open, locale: store.ui.locale, tab: store.ui.tab });
const remember = () => {
  past.push(now());
  if (past.length > MOST_STEPS) past.shift();
  future = [];
};

/** Change the document as one step of undo: `change(copy, ui)`. Returns what `change` returns.
 * `quiet`: the field itself shows it already, so nothing is drawn again under somebody's hands. */
export const edit = (change, { quiet = false } = {}) => {
  remember();
  typed = { key: null, at: 0 };
  store.document = structuredClone(store.document);
  const result = change(store.document, store.ui);
  tell(quiet ? "typed" : "changed");
  return result;
};

/** Typing in one field: letters without a pause between them are one step. */
export const type = (key, change) => {
  const at = Date.now();
  if (typed.key !== key || at - typed.at > PAUSE) remember();
  typed = { key, at };
  store.document = structuredClone(store.document);
  change(store.document);
  tell("typed");
};

export const callSurvey = (name) => {
  if (typed.key !== "name") remember();
  typed = { key: "name", at: Date.now() };
  store.name = name;
  tell("typed");
};

/** Change only what is in view. */
export const look = (ui) => {
  Object.assign(store.ui, ui);
  tell("seen");
};

const travel = (from, to) => {
  const step = from.pop();
  if (!step) return false;
  to.push(now());
  store.document = step.document;
  store.name = step.name;
  const known = store.document.locales.includes(step.locale);
  Object.assign(store.ui, { open: step.open, tab: step.tab, locale: known ? step.locale : store.document.default_locale, adding: null });
  typed = { key: null, at: 0 };
  tell("changed");
  return true;
};
export const undo = () => travel(past, future);
export const redo = () => travel(future, past);
export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;

/** Take in what a colleague did, from `before` to `after`: here, and in everything that undo and redo lead to. */
export const join = (before, after, names) => {
  const differences = difference(before, after);
  const joined = (step) => ({
    ...step,
    document: repeat(step.document, differences),
    name: names.before === step.name ? names.after : step.name,
  });
  past = past.map(joined);
  future = future.map(joined);
  ({ document: store.document, name: store.name } = joined(now()));
  const { ui, document } = store;
  if (!document.locales.includes(ui.locale)) ui.locale = document.default_locale;
  if (!document.questions.some((one) => one.id === ui.open)) ui.open = null;
  tell("changed");
};
