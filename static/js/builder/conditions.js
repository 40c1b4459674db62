// When a question is shown: a sentence in plain words, and below it what makes the sentence.
import { partKey, question } from "./document.js";
import { button, h, iconButton, select } from "./dom.js";
import { languageName, scale, start, t } from "./start.js";
import { edit, store, type } from "./store.js";
import { nameOf, said } from "./words.js";

export const BANDS = { detractor: t("a detractor"), passive: t("a passive"), promoter: t("a promoter") };
const ANY = "*";

const score = () => store.document.questions.find((one) => one.id === "score");
const earlier = (id) => store.document.questions.slice(0, store.document.questions.findIndex((one) => one.id === id));
const list = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${t("or")} ${words.at(-1)}`);

/** What a condition may be about, as it stands in the menu: [value, label]. */
const subjects = (id, condition) => {
  const before = earlier(id).filter((one) => one.kind !== "score");
  const known = new Set(before.map((one) => one.id));
  const lost = condition.about === "answer" && !known.has(condition.question);
  return [
    ...(earlier(id).includes(score()) || condition.about === "band" ? [["band", t("The score is …")], ["score", t("The number of the score is …")]] : []),
    ...before.map((one) => [`answer:${one.id}`, t("Answer to “{question}”", { question: nameOf(one, 60) || one.id })]),
    ...(lost ? [[`answer:${condition.question}`, t("Answer to a question that is not above")]] : []),
    ["contact", t("A property of the person")],
    ["interaction", t("A property of what happened")],
    ["language", t("The language")],
  ];
};

const key = (condition) => (condition.about === "answer" ? `answer:${condition.question}` : condition.about);

/** A condition about something, as it begins. */
const begin = (subject) => {
  const [about, id] = subject.split(":");
  if (about === "answer") return { about, question: id, is: [choices({ about, question: id })[0]?.[0] ?? ANY] };
  if (about === "contact" || about === "interaction") return { about, property: "", is: [] };
  return { about, is: about === "band" ? ["detractor"] : about === "language" ? [store.document.default_locale] : [scale(store.document.metric).values[0]] };
};

/** What may be ticked: [value, label]; nothing where words are typed. */
const choices = (condition) => {
  const { document } = store;
  const { bands, values } = scale(document.metric);
  switch (condition.about) {
    case "band": return Object.keys(BANDS).filter((band) => bands[band].length).map((band) => [band, BANDS[band]]);
    case "score": return values.map((value) => [value, String(value)]);
    case "language": return document.locales.map((tag) => [tag, languageName(tag)]);
    case "answer": {
      const asked = question(document, condition.question);
      if (asked?.kind === "yesno") return [["yes", said(store.ui.locale, "yes")], ["no", said(store.ui.locale, "no")], [ANY, t("answered at all")]];
      const own = (asked?.choices ?? []).map((choice, index) => [choice, said(store.ui.locale, partKey(asked, choice)) || t("Choice {n}", { n: index + 1 })]);
      return [...own, ...(asked?.other ? [["other", said(store.ui.locale, "other_label")]] : []), [ANY, t("answered at all")]];
    }
    default: return [];
  }
};

const subjectWords = (condition) => {
  switch (condition.about) {
    case "band": return t("the score");
    case "score": return t("the number");
    case "language": return t("the language");
    case "answer": { const asked = question(store.document, condition.question); return asked ? `“${nameOf(asked, 60) || t("a question")}”` : t("a question that is not there"); }
    default: return condition.property.trim() ? `“${condition.property.trim()}”` : t("a property");
  }
};

const conditionWords = (condition) => {
  const known = new Map(choices(condition).map(([value, label]) => [String(value), label]));
  if (condition.about === "answer" && condition.is.includes(ANY)) return condition.not ? t("{subject} was not answered", { subject: subjectWords(condition) }) : t("{subject} was answered", { subject: subjectWords(condition) });
  const plain = ["band", "language"].includes(condition.about);
  const words = condition.is.map((value) => known.get(String(value)) ?? value).map((word) => (plain || condition.about === "score" ? word : `“${word}”`));
  const values = { subject: subjectWords(condition), values: list(words) || "…" };
  return condition.not ? t("{subject} is not {values}", values) : t("{subject} is {values}", values);
};

/** The whole sentence: "Show if the score is a detractor and “Was it solved?” is “No”." */
export const sentence = (show) => {
  if (!show?.conditions.length) return t("Shown to everybody");
  const glue = show.match === "any" ? t("or") : t("and");
  return t("Show if {conditions}.", { conditions: show.conditions.map(conditionWords).join(` ${glue} `) });
};

const change = (id, index, make) =>
  edit((document) => { const { conditions } = question(document, id).show; conditions[index] = make(conditions[index]); });

const pills = (id, condition, index) =>
  h("div", { class: "pills pills-many", role: "group", "aria-label": t("Values") }, choices(condition).map(([value, label]) =>
    h("label", { class: "pill" },
      h("input", {
        type: "checkbox", checked: condition.is.includes(value), "data-at": `is:${id}:${index}:${value}`,
        onchange: (event) => change(id, index, (one) => {
          const rest = one.is.filter((other) => other !== value && (value === ANY) === (other === ANY));
          return { ...one, is: event.target.checked ? [...rest, value] : one.is.filter((other) => other !== value) };
        }),
      }), h("span", {}, label))));

const typed = (id, condition, index) => {
  const put = (field, value) => type(`${id}:${index}:${field}`, (document) => { question(document, id).show.conditions[index][field] = value; });
  const redo = (event) => { event.target.closest(".conditions").querySelector("[data-sentence]").textContent = sentence(question(store.document, id).show); };
  return h("div", { class: "row condition-words" },
    h("input", { class: "input", value: condition.property, placeholder: condition.about === "contact" ? t("such as plan") : t("such as channel"), maxlength: 60, "aria-label": t("Name of the property"), "data-at": `property:${id}:${index}`, oninput: (event) => { put("property", event.target.value); redo(event); } }),
    h("input", { class: "input", value: condition.is.join(", "), placeholder: t("value, other value"), maxlength: 400, "aria-label": t("Its values, with commas between them"), "data-at": `values:${id}:${index}`, oninput: (event) => { put("is", event.target.value.split(",").map((one) => one.trim()).filter(Boolean)); redo(event); } }));
};

const row = (id, condition, index) =>
  h("li", { class: "condition" },
    h("div", { class: "row condition-head" },
      select(subjects(id, condition), key(condition), { "aria-label": t("Condition {n}", { n: index + 1 }), "data-at": `about:${id}:${index}`, onchange: (event) => change(id, index, () => begin(event.target.value)) }),
      select([["", t("is")], ["not", t("is not")]], condition.not ? "not" : "", {
        class: "input input-fit", "aria-label": t("is or is not"), "data-at": `not:${id}:${index}`,
        onchange: (event) => change(id, index, ({ not: _, ...one }) => (event.target.value ? { ...one, not: true } : one)),
      }),
      iconButton(t("Remove condition {n}", { n: index + 1 }), "x", {
        onclick: () => edit((document) => {
          const one = question(document, id);
          one.show.conditions.splice(index, 1);
          if (!one.show.conditions.length) delete one.show;
        }),
      })),
    ["contact", "interaction"].includes(condition.about) ? typed(id, condition, index) : pills(id, condition, index));

export const conditionsEditor = (one) => {
  if (one.id === "score") return h("p", { class: "help" }, t("The score is always asked and always needs an answer."));
  const conditions = one.show?.conditions ?? [];
  const first = () => (earlier(one.id).includes(score()) ? "band" : "contact");
  const more = () => edit((document) => {
    const asked = question(document, one.id);
    asked.show ??= { match: "all", conditions: [] };
    asked.show.conditions.push(begin(first()));
  });
  return h("fieldset", { class: "field conditions" },
    h("legend", { class: "label" }, t("When it is shown")),
    h("p", { class: "condition-sentence", data: { sentence: "" } }, sentence(one.show)),
    conditions.length > 1 && h("div", { class: "row" }, select([["all", t("All of these must hold")], ["any", t("One of these is enough")]], one.show.match ?? "all", {
      class: "input input-fit", "aria-label": t("How conditions come together"), "data-at": `match:${one.id}`,
      onchange: (event) => edit((document) => { question(document, one.id).show.match = event.target.value; }),
    })),
    conditions.length > 0 && h("ul", { class: "condition-list" }, conditions.map((condition, index) => row(one.id, condition, index))),
    conditions.length < start.limits.conditions && h("div", { class: "row" }, button(conditions.length ? t("Add another condition") : t("Show it only to some"), { class: "button button-quiet button-small", onclick: more, "data-at": `field:${one.id}:show` }, "plus")));
};
