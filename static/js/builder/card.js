// The inside of an open card: everything about one question.
import { dropValue, partName, question, rename, titleKey } from "./document.js";
import { announce, button, h, icon, iconButton, select, tick } from "./dom.js";
import { conditionsEditor } from "./conditions.js";
import { partList } from "./parts.js";
import { metricPicker } from "./scale.js";
import { start, t } from "./start.js";
import { edit, store } from "./store.js";
import { ownRemarks, remarkList, text } from "./texts.js";

const DIMENSIONS = {
  tangibles: t("Tangibles"), reliability: t("Reliability"), responsiveness: t("Responsiveness"),
  assurance: t("Assurance"), empathy: t("Empathy"),
};

const set = (one, field, value) => edit((document) => {
  const asked = question(document, one.id);
  if (value === false || value === "") delete asked[field];
  else asked[field] = value;
  if (field === "other" && !value) dropValue(document, one.id, "other");
}, { quiet: field !== "low" && field !== "high" });

const flag = (one, field, label, help) =>
  tick(label, Boolean(one[field]), (on) => set(one, field, on), { "data-at": `field:${one.id}:${field}` }, help);

const scoreTexts = () =>
  h("div", { class: "pair" }, text({ key: "low_label", label: t("Lowest score means") }),
    store.document.metric === "csat3" && text({ key: "mid_label", label: t("Middle score means") }),
    text({ key: "high_label", label: t("Highest score means") }));

const ratings = (one) => {
  const numbers = (low, high) => Array.from({ length: high - low + 1 }, (_, index) => [String(low + index), String(low + index)]);
  const end = (field, options, label) => h("label", { class: "field" }, h("span", { class: "label" }, label),
    select(options, String(one[field] ?? (field === "low" ? 1 : 5)), { class: "input input-fit", "data-at": `field:${one.id}:${field}`, onchange: (event) => set(one, field, Number(event.target.value)) }));
  return h("div", { class: "row ratings" },
    end("low", numbers(0, (one.high ?? 5) - 1), t("Rated from")), end("high", numbers((one.low ?? 1) + 1, 10), t("to")));
};

const matrixTexts = (one) =>
  h("div", { class: "pair" },
    text({ key: `${one.id}.low_label`, label: t("Lowest rating means"), prompt: t("such as: Strongly disagree") }),
    text({ key: `${one.id}.high_label`, label: t("Highest rating means"), prompt: t("such as: Strongly agree") }));

const servqual = (one) =>
  h("div", { class: "pair" },
    h("label", { class: "field" }, h("span", { class: "label" }, t("Dimension of service quality")),
      select([["", t("None")], ...start.dimensions.map((key) => [key, DIMENSIONS[key] ?? key])], one.dimension ?? "", { "data-at": `field:${one.id}:dimension`, onchange: (event) => set(one, "dimension", event.target.value) })),
    h("label", { class: "field" }, h("span", { class: "label" }, t("It asks what people")),
      select([["", t("None")], ["expected", t("expect")], ["perceived", t("perceived")]], one.side ?? "", { "data-at": `field:${one.id}:side`, onchange: (event) => set(one, "side", event.target.value) })));

/** The short name under which answers are kept; it stays once answers can exist. */
const shortName = (one) => {
  const fixed = start.survey.asked.includes(one.id) || one.id === "comment";
  const taken = (id) => id !== one.id && (id === "other" || store.document.questions.some((other) => other.id === id));
  const change = (event) => {
    const id = event.target.value.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 40);
    if (!id || taken(id)) { event.target.value = one.id; announce(t("Another question is called so.")); return; }
    if (id !== one.id) edit((document, ui) => { rename(document, one.id, id); ui.open = id; });
  };
  return h("label", { class: "field" }, h("span", { class: "label" }, t("Short name")),
    h("span", { class: "help" }, fixed ? t("In exports and the API. It stays, because answers are kept under it.") : t("In exports and the API: a–z, 0–9 and _.")),
    h("input", { class: "input input-medium input-code", value: one.id, maxlength: 40, disabled: fixed, spellcheck: "false", autocapitalize: "off", "data-at": `field:${one.id}:id`, onchange: change }));
};

const more = (one) =>
  h("details", { class: "more", open: store.ui.more ?? false, ontoggle: (event) => { store.ui.more = event.target.open; } },
    h("summary", { "data-at": `more:${one.id}` }, icon("chevron-right", true), t("More")),
    h("div", { class: "stack more-body" }, one.kind === "matrix" && servqual(one), shortName(one)));

const flags = (one) => {
  const listed = partName(one) && ["one", "many", "matrix"].includes(one.kind);
  return h("div", { class: "flags" },
    one.id !== "score" && flag(one, "required", t("An answer is needed")),
    ["one", "many"].includes(one.kind) && flag(one, "other", t("“Other, please say”")),
    listed && flag(one, "shuffle", t("Random order"), t("Another one for each person, so that no line always comes first.")));
};

export const body = (one, acts) => {
  const found = ownRemarks(one.id);
  const prompts = { score: "", contact: "", matrix: t("such as: How much do you agree?"), yesno: t("such as: Was your request resolved?") };
  return h("div", { class: "card-body stack" },
    text({ key: titleKey(one), label: one.id === "score" || one.kind !== "contact" ? t("Question") : t("Question about contact"), big: true, long: one.id === "score", prompt: prompts[one.kind] ?? t("Write your question") }),
    text({ key: `${one.id}.help`, label: t("Help below it"), prompt: t("Nothing, unless people would wonder") }),
    one.kind === "score" && metricPicker(),
    one.kind === "score" && scoreTexts(),
    ["one", "many", "matrix"].includes(one.kind) && partList(one),
    one.kind === "matrix" && ratings(one),
    one.kind === "matrix" && matrixTexts(one),
    one.id === "comment" && h("p", { class: "help" }, t("The mood of this comment is read, and it stands beside the score in results and digests.")),
    h("div", { class: "card-remarks", data: { remarks: one.id } }, remarkList(found, `r-${one.id}`)),
    flags(one),
    conditionsEditor(one),
    one.id !== "score" && more(one),
    h("div", { class: "row card-foot" },
      iconButton(t("Move up"), "arrow-up", { disabled: acts.first, onclick: () => acts.move(-1), "data-at": `up:${one.id}` }),
      iconButton(t("Move down"), "arrow-down", { disabled: acts.last, onclick: () => acts.move(1), "data-at": `down:${one.id}` }),
      button(t("Duplicate"), { class: "button button-quiet", disabled: one.id === "score", onclick: acts.duplicate, "data-at": `copy:${one.id}` }, "copy"),
      one.id === "score"
        ? h("span", { class: "help" }, t("The score cannot be deleted: it carries the metric."))
        : button(t("Delete"), { class: "button button-quiet button-danger", onclick: acts.remove, "data-at": `delete:${one.id}` }, "trash"),
      button(t("Add below"), { class: "button button-quiet push", onclick: acts.addBelow, "data-at": `below:${one.id}` }, "plus")));
};
