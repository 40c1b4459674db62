// The real page and the real mail beside the words, made by the server from the draft as it stands, saved or not.
import { finished, question } from "./document.js";
import { h } from "./dom.js";
import { start, t } from "./start.js";
import { listen, store } from "./store.js";

const aside = document.querySelector("[data-preview]");
const stage = aside.querySelector("[data-stage]");
const controls = aside.querySelector("[data-controls]");
const TABS = { questions: "answer", thanks: "thanks", mail: "mail" };
let timer = 0;
let count = 0;
let peeked = null;

const chosen = (name) => controls.querySelector(`[name="${name}"]:checked, select[name="${name}"]`)?.value;

const fit = () => {
  const wide = chosen("width") === "desktop";
  aside.closest("[data-builder]").classList.toggle("is-wide", wide);
  for (const frame of stage.querySelectorAll("iframe")) {
    const scale = wide ? Math.min(1, stage.clientWidth / 960) : 1;
    frame.style.width = wide ? `${stage.clientWidth / scale}px` : "";
    frame.style.height = wide ? `${stage.clientHeight / scale}px` : "";
    frame.style.transform = scale < 1 ? `scale(${scale})` : "";
  }
};

/** A page as its own script would show it: a question waits for its conditions, or is peeked at while it is edited. */
const holds = (when, data) => {
  const test = (one) => {
    if (typeof one === "boolean") return one;
    const given = data.getAll(one[0]).filter(Boolean);
    return given.some((value) => one[1].includes("*") || one[1].includes(value)) !== Boolean(one[2]);
  };
  return when.any ? when.if.some(test) : when.if.every(test);
};

const enliven = (page) => {
  const form = page.querySelector("form");
  const waiting = [...page.querySelectorAll("[data-when]")];
  if (!form || form.elements.page?.value !== "all") return;
  const follow = () => {
    const data = new FormData(form);
    for (const part of waiting) part.hidden = !holds(JSON.parse(part.dataset.when), data) && !part.querySelector(`[id="f-${peeked}"], [id="${peeked}"]`);
  };
  form.addEventListener("change", follow);
  follow();
};

const goTo = (page) => {
  const id = store.ui.open;
  const part = id && (page.getElementById(`f-${id}`) ?? page.getElementById(id));
  part?.scrollIntoView({ block: "center" });
};

/** A new frame takes the answer and replaces the old one when it is there: no flicker, and nothing in the history. */
const show = () => {
  clearTimeout(timer);
  const old = [...stage.querySelectorAll("iframe")];
  const frame = h("iframe", { name: `preview-${++count}`, title: t("Preview of what people see"), sandbox: "allow-forms allow-same-origin", data: { coming: "" } });
  const top = old[0]?.contentDocument?.scrollingElement?.scrollTop || 0;
  const asked = peeked;
  peeked = store.ui.tab === "questions" ? store.ui.open : null;
  stage.append(frame);
  fit();
  frame.addEventListener("load", () => {
    if (frame.contentWindow.location.href === "about:blank") return;
    const page = frame.contentDocument;
    enliven(page);
    if (!("coming" in frame.dataset)) return;
    delete frame.dataset.coming;
    for (const gone of old) gone.remove();
    if (page.scrollingElement) page.scrollingElement.scrollTop = top;
    if (asked !== peeked) goTo(page);
  });
  const fields = {
    document: JSON.stringify(finished(store.document)), csrf_token: start.token, editing: store.ui.locale,
    ...Object.fromEntries(["show", "theme", "person"].map((name) => [name, chosen(name)])),
    ...(chosen("as") === "steps" ? {} : { steps: "all", as: chosen("as") }),
  };
  const form = h("form", { method: "post", action: start.addresses.preview, target: frame.name, enctype: "multipart/form-data", hidden: true },
    Object.entries(fields).map(([name, value]) => h("input", { type: "hidden", name, value })));
  document.body.append(form);
  form.submit();
  form.remove();
};

const soon = (wait = 350) => { clearTimeout(timer); timer = setTimeout(show, wait); };

const people = () => [...start.people.map((one) => [one.key, one.name]), ["", t("Nobody known")]];

/** Begin: fill the choices, and follow what is typed and opened. */
export const followInPreview = () => {
  for (const [key, label] of people()) controls.querySelector("[name='person']").append(h("option", { value: key }, label));
  controls.addEventListener("change", (event) => (event.target.name === "width" ? fit() : show()));
  new ResizeObserver(fit).observe(stage);
  let seen = "";
  listen((what) => {
    if (what === "judged") return;
    const { tab, open, locale } = store.ui;
    const view = JSON.stringify([tab, open && question(store.document, open) ? open : null, locale]);
    if (what === "seen" && view === seen) return;
    if (what === "seen" && TABS[tab] && JSON.parse(seen || "[]")[0] !== tab) {
      for (const radio of controls.querySelectorAll("[name='show']")) radio.checked = radio.value === TABS[tab];
    }
    seen = view;
    soon(what === "typed" ? 350 : 60);
  });
  show();
};
