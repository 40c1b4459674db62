// The draft is saved while it is typed. What could not be saved is kept in the browser, and nothing typed is lost.
import { finished, whole } from "./document.js";
import { announce } from "./dom.js";
import { tellBack, tellClashes, tellJoined } from "./meeting.js";
import { start, t } from "./start.js";
import { join, listen, store, tell } from "./store.js";
import { signature } from "./words.js";

const PAUSE = 700; // ms after the last change
const AGAIN = 5000; // ms until the next try when the server cannot be reached
const LOOK = 15000; // ms between two looks whether somebody else saved
const KEPT = `draft:${start.survey.id}`;
const state = document.querySelector("[data-state]");

let base = { revision: start.revision, name: store.name, document: finished(store.document) };
let known = signature(base.document);
let busy = false;
let timer = 0;
let savedAt = null;

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const unsaved = () => store.name !== base.name || !same(finished(store.document), base.document);
const say = (words, tone = "") => {
  if (state.textContent !== words) state.textContent = words;
  state.className = `save-state${tone ? ` is-${tone}` : ""}`;
};

const keep = () => {
  try {
    if (unsaved()) localStorage.setItem(KEPT, JSON.stringify({ base, name: store.name, document: store.document }));
    else localStorage.removeItem(KEPT);
  } catch { /* a browser that keeps nothing still saves on the server */ }
};

const ask = (address, body) =>
  fetch(address, {
    method: "POST", redirect: "manual", keepalive: JSON.stringify(body).length < 60000,
    headers: { "Content-Type": "application/json", "X-CSRFToken": start.token }, body: JSON.stringify(body),
  });

const saved = (answer, sent) => {
  base = { ...sent, revision: answer.revision };
  store.findings = answer.findings;
  store.lines = answer.lines;
  store.flaws = [];
  Object.assign(store.words, answer.words);
  known = signature(sent.document);
  savedAt = Date.now();
  say(unsaved() ? t("Saving…") : t("Saved just now")); // what was typed meanwhile is on its way
  tell("judged");
};

/** Bring together what we and somebody else did since `base`; then save the result. */
const meet = async () => {
  const mine = { revision: base.revision, name: store.name, document: finished(store.document) };
  const answer = await ask(start.addresses.merge, { base, mine });
  if (!answer.ok) throw new Error(String(answer.status));
  const met = await answer.json();
  join(mine.document, whole(met.document), { before: mine.name, after: met.name });
  base = { revision: met.revision, name: met.theirs.name, document: whole(met.theirs.document) };
  if (met.clashes.length) tellClashes(met.me ? t("you, in another window,") : met.editor, met.clashes, { ...met.theirs, document: whole(met.theirs.document) });
  else if (met.brought) tellJoined(met.me ? t("You, in another window,") : met.editor);
};
const refused = async (answer) => {
  store.flaws = (await answer.json()).flaws;
  say(t("Not saved: something needs another look"), "bad");
  announce(store.flaws.map((flaw) => flaw.message).join(" "));
  tell("judged");
};

const save = async () => {
  clearTimeout(timer);
  if (busy || !unsaved()) return;
  busy = true;
  const sent = { name: store.name, document: finished(store.document) };
  const words = signature(sent.document) === known ? [] : [...new Set([...Object.keys(store.words), store.ui.locale])];
  const slow = setTimeout(() => say(t("Saving…")), 300);
  try {
    const answer = await ask(start.addresses.draft, { revision: base.revision, document: sent.document, words, ...(sent.name === base.name ? {} : { name: sent.name }) });
    clearTimeout(slow);
    if (answer.ok) saved(await answer.json(), sent);
    else if (answer.status === 409) await meet();
    else if (answer.status === 422) await refused(answer);
    else if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) say(t("Not saved: you are signed out. Sign in again in another tab; nothing is lost."), "bad");
    else if (answer.status === 400) say(t("Not saved: this page is too old. Load it again; nothing is lost."), "bad");
    else throw new Error(String(answer.status));
    busy = false;
    keep();
    if (unsaved() && answer.status !== 422) soon(answer.ok || answer.status === 409 ? PAUSE : AGAIN);
  } catch {
    clearTimeout(slow);
    busy = false;
    say(navigator.onLine ? t("Not saved: no answer, will retry") : t("Not saved: offline, will retry"), "bad");
    keep();
    soon(AGAIN);
  }
};

const soon = (wait = PAUSE) => { clearTimeout(timer); timer = setTimeout(save, wait); };

/** Save at once, for whoever leaves for the review; true when everything is on the server. */
export const saveNow = async () => {
  for (let tries = 0; tries < 40 && (busy || unsaved()) && !store.flaws.length; tries += 1) {
    await save();
    await new Promise((done) => { setTimeout(done, 100); });
  }
  return !unsaved();
};

const lookAround = async () => {
  if (busy || document.hidden) return;
  try {
    const answer = await fetch(start.addresses.draft, { redirect: "manual" });
    if (!answer.ok || busy) return;
    const found = await answer.json();
    if (found.revision === base.revision) return;
    busy = true;
    try { await meet(); } finally { busy = false; }
    keep();
    if (unsaved()) soon();
    else say(t("Saved by {name}", { name: found.editor || t("somebody else") }));
  } catch { if (unsaved()) soon(AGAIN); }
};

const bringBack = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    if (!kept || same(kept.document, base.document)) return;
    const [mine, theirs] = [kept.document, base];
    base = kept.base;
    store.name = kept.name;
    store.document = mine;
    if (!mine.locales.includes(store.ui.locale)) store.ui.locale = mine.default_locale;
    if (!unsaved()) { base = theirs; return; }
    tellBack();
    tell("changed");
  } catch { /* nothing readable was kept */ }
};

export const startSaving = () => {
  listen((what) => {
    if (what !== "typed" && what !== "changed") return;
    store.flaws = what === "changed" ? [] : store.flaws;
    keep();
    if (unsaved()) { say(t("Saving…")); soon(); } else if (!busy) say(t("Saved"));
  });
  bringBack();
  setTimeout(lookAround, 1000); // what was saved while this page was on its way
  setInterval(lookAround, LOOK);
  setInterval(() => { if (savedAt && Date.now() - savedAt > 60000 && !unsaved() && !busy) say(t("Saved")); }, 20000);
  addEventListener("online", () => { if (unsaved()) save(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) { if (unsaved()) save(); } else lookAround(); });
  addEventListener("beforeunload", (event) => { if (unsaved()) { save(); event.preventDefault(); } });
};
