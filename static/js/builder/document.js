// What can be done to a survey document. Every function changes the document it is given; `store` hands it a copy.
const PLAIN = [{ id: "score", kind: "score" }, { id: "comment", kind: "long" }];
const SCORE_TEXTS = ["question", "low_label", "mid_label", "high_label"];

export const whole = (document) => ({ ...document, texts: document.texts ?? {}, questions: document.questions ?? structuredClone(PLAIN) });

export const question = (document, id) => document.questions.find((one) => one.id === id);
export const titleKey = ({ id }) => (id === "score" ? "question" : id === "comment" ? "comment_label" : `${id}.title`);
export const parts = (one) => (one.kind === "matrix" ? one.rows ?? [] : one.choices ?? []);
export const partName = (one) => (one.kind === "matrix" ? "rows" : "choices");
export const partKey = (one, part) => `${one.id}.${one.kind === "matrix" ? "row" : "choice"}.${part}`;
export const own = (document, locale, key) => document.texts[locale]?.[key] ?? "";

/** The keys of all texts of a question, in the order of its card. */
export const keysOf = (one, metric) => {
  if (one.id === "score") return ["question", "score.help", "low_label", ...(metric === "csat3" ? ["mid_label"] : []), "high_label"];
  const ends = one.kind === "matrix" ? [`${one.id}.low_label`, `${one.id}.high_label`] : [];
  return [titleKey(one), `${one.id}.help`, ...parts(one).map((part) => partKey(one, part)), ...ends];
};

/** Whose text this is: the id of a question, or nothing. */
export const ownerOf = (key) =>
  key.includes(".") ? key.split(".")[0] : SCORE_TEXTS.includes(key) ? "score" : key === "comment_label" ? "comment" : "";

export const write = (document, locale, key, text) => {
  document.texts[locale] ??= {};
  if (text === "") delete document.texts[locale][key];
  else document.texts[locale][key] = text;
};

const fresh = (stem, taken) => {
  for (;;) {
    const id = `${stem}_${Math.random().toString(36).slice(2, 6).padEnd(4, "0")}`;
    if (!taken.includes(id)) return id;
  }
};

/** A new question of a kind at `index`; returns its id. The first long text is the comment, whose mood is read. */
export const add = (document, kind, index) => {
  const taken = document.questions.map((one) => one.id);
  const special = kind === "score" ? "score" : kind === "long" && !taken.includes("comment") ? "comment" : null;
  const one = { id: special ?? fresh(kind, taken), kind };
  if (kind === "one" || kind === "many") one.choices = [fresh("c", []), fresh("c", [])];
  if (kind === "matrix") Object.assign(one, { rows: [fresh("r", [])], low: 1, high: 5 });
  document.questions.splice(index, 0, one);
  return one.id;
};

const forget = (document, test) => {
  for (const texts of Object.values(document.texts)) {
    for (const key of Object.keys(texts)) if (test(key)) delete texts[key];
  }
};

/** Drop conditions that `test` names; returns how many questions lost one. */
const free = (document, keep) => {
  let freed = 0;
  for (const one of document.questions) {
    const before = one.show?.conditions ?? [];
    const after = before.map(keep).filter(Boolean);
    if (before.length !== after.length) freed += 1;
    if (one.show) one.show.conditions = after;
    if (one.show && !after.length) delete one.show;
  }
  return freed;
};

export const remove = (document, id) => {
  document.questions = document.questions.filter((one) => one.id !== id);
  forget(document, (key) => ownerOf(key) === id);
  return free(document, (condition) => (condition.about === "answer" && condition.question === id ? null : condition));
};

/** A second one like it, right below; `said(locale, key)` is what a language shows of its texts. Returns the new id. */
export const duplicate = (document, id, said) => {
  const old = question(document, id);
  const made = { ...structuredClone(old), id: fresh(old.kind, document.questions.map((one) => one.id)) };
  document.questions.splice(document.questions.indexOf(old) + 1, 0, made);
  for (const locale of document.locales) {
    for (const key of keysOf(old)) {
      const text = own(document, locale, key) || said(locale, key);
      if (text) write(document, locale, key === titleKey(old) ? titleKey(made) : key.replace(`${id}.`, `${made.id}.`), text);
    }
  }
  return made.id;
};

export const move = (document, id, to) => {
  const from = document.questions.findIndex((one) => one.id === id);
  const [one] = document.questions.splice(from, 1);
  document.questions.splice(Math.max(0, Math.min(to, document.questions.length)), 0, one);
};

/** Call a question otherwise in exports and API. */
export const rename = (document, old, id) => {
  question(document, old).id = id;
  for (const texts of Object.values(document.texts)) {
    for (const key of Object.keys(texts)) {
      if (!key.startsWith(`${old}.`)) continue;
      texts[`${id}.${key.slice(old.length + 1)}`] = texts[key];
      delete texts[key];
    }
  }
  free(document, (condition) => (condition.about === "answer" && condition.question === old ? { ...condition, question: id } : condition));
};

/** Choices or lines with these texts at `index`; returns their ids. */
export const addParts = (document, id, index, texts, locale) => {
  const one = question(document, id);
  const name = partName(one);
  one[name] ??= [];
  const made = texts.map(() => fresh(name[0], one[name]));
  one[name].splice(index, 0, ...made);
  made.forEach((part, place) => { if (texts[place]) write(document, locale, partKey(one, part), texts[place]); });
  return made;
};

export const removePart = (document, id, part) => {
  const one = question(document, id);
  one[partName(one)] = parts(one).filter((other) => other !== part);
  forget(document, (key) => key === partKey(one, part));
  dropValue(document, id, part);
};

export const movePart = (document, id, part, to) => {
  const list = parts(question(document, id));
  list.splice(list.indexOf(part), 1);
  list.splice(Math.max(0, Math.min(to, list.length)), 0, part);
};

/** An answer that cannot be given any more is taken out of the conditions that wait for it. */
export const dropValue = (document, id, value) =>
  free(document, (condition) => {
    if (condition.about !== "answer" || condition.question !== id || !condition.is.includes(value)) return condition;
    const is = condition.is.filter((one) => one !== value);
    return is.length ? { ...condition, is } : null;
  });

/** The document without what is only half said: a condition whose values or name are still missing. */
export const finished = (document) => {
  const copy = structuredClone(document);
  free(copy, ({ about, is, property, ...rest }) => {
    const values = about === "contact" || about === "interaction" ? is.map((one) => one.trim()).filter(Boolean) : is;
    const named = about !== "contact" && about !== "interaction" ? {} : { property: (property ?? "").trim() };
    return values.length && named.property !== "" ? { about, is: values, ...named, ...rest } : null;
  });
  return copy;
};
