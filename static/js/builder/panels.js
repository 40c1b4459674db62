// The other tabs: the thanks, the mail, every other word, and the settings of the survey.
import { h, tick } from "./dom.js";
import { languageSettings, languageStrip } from "./languages.js";
import { questionsPane } from "./questions.js";
import { start, t } from "./start.js";
import { callSurvey, edit, store } from "./store.js";
import { text } from "./texts.js";

const LEADING = ["mail_subject", "mail_preheader", "mail_greeting_named", "mail_intro"];
const REMINDER = ["reminder_intro", "reminder_last"];
const word = (key) => text({ key, label: start.labels[key] ?? key, long: start.long.includes(key) });
const section = (title, help, ...children) =>
  h("section", { class: "card stack" }, h("div", {}, h("h2", { class: "pane-title" }, title), help && h("p", { class: "help" }, help)), children);

const mail = () => [
  section(t("The mail"), t("It asks the score at once; one press opens the page with it chosen."), LEADING.map(word)),
  section(t("Rest of the mail"), "", start.groups.mail.filter((key) => ![...LEADING, ...REMINDER].includes(key)).map(word)),
  section(t("Reminders"), t("The same mail once more to those who have not answered, with these words; its subject begins with Re:."), REMINDER.map(word)),
];

const words = () => [
  section(t("Answer page"), t("Buttons and hints. Empty means the ready-made words."), start.groups.page.map(word)),
  section(t("Messages"), t("What people read when something is missing, late or over."), start.groups.messages.map(word)),
];

const thanks = () => section(t("Thank you"), t("What people see after they sent their answer."), word("thanks_title"), word("thanks_body"));

const nameRemark = () => store.flaws.filter((flaw) => flaw.path === "name").map((flaw) => h("span", { class: "error", id: "name-error" }, flaw.message));

const color = () => {
  const own = store.document.look?.color;
  const put = (value) => edit((document) => {
    document.look = { ...document.look, color: value };
    if (!value) delete document.look.color;
    if (!Object.keys(document.look).length) delete document.look;
  });
  return h("div", { class: "field" },
    tick(t("A colour of its own"), Boolean(own), (on) => put(on ? "#2751b8" : ""), { "data-at": "field:look:own" }, t("Its shades are made so that everybody can read them.")),
    own && h("input", { type: "color", class: "input", value: own, "aria-label": t("Colour"), "data-at": "field:look:color", onchange: (event) => put(event.target.value) }));
};

const settings = () => [
  section(t("Survey"), "",
    h("div", { class: "field" },
      h("label", { class: "label", for: "survey-name" }, t("Name")), h("span", { class: "help" }, t("Only your colleagues see it.")),
      h("input", { class: "input", id: "survey-name", value: store.name, maxlength: start.limits.name, "data-at": "field:name", "aria-describedby": "name-error", oninput: (event) => callSurvey(event.target.value) }), nameRemark()),
    tick(t("Anonymous"), Boolean(store.document.anonymous), (on) => edit((document) => { if (on) document.anonymous = true; else delete document.anonymous; }), { "data-at": "field:anonymous" },
      t("Answers are kept without the person, and nobody can join them later. The page says so.")),
    color()),
  languageSettings(),
];

const PANES = { questions: questionsPane, thanks, mail, words, settings };

/** What stands at the left: the languages, then the open tab. */
export const pane = () => [store.ui.tab === "settings" ? false : languageStrip(), h("div", { class: "pane-body stack", data: { body: store.ui.tab } }, PANES[store.ui.tab]())];
