// A text in which fields stand as chips. The document is always the exact source: chips are only how a stretch of it
// is shown, so what comes out is byte for byte what went in. Caret, input methods, undo, clipboard and touch are
// CodeMirror's, from NiceGUI's own wheel. Words from outside become text nodes, never markup.
import * as CM from "nicegui-codemirror";

const CLOSER = { "{{": "}}", "{%": "%}", "{#": "#}" };
const NAME = "[\\p{L}_][\\p{L}\\p{N}_]*(?:\\.[\\p{L}_][\\p{L}\\p{N}_]*)*";
const TEXT = `"(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'`;
const PLAIN = new RegExp(`^(${NAME})$`, "u");
const WITH_DEFAULT = new RegExp(`^(${NAME})\\s*\\|\\s*default\\s*\\(\\s*(${TEXT})\\s*\\)$`, "u");
const IF = new RegExp(`^(if|elif)\\s+(.+)$`, "su");
const PART = new RegExp(`^(not\\s+)?(${NAME})$`, "u");

// Where the closing mark begins, looking past quoted words; -1 where there is none.
function closing(text, from, closer) {
  let quote = "";
  for (let at = from; closer !== "#}" && at < text.length; at++) {
    if (quote) {
      if (text[at] === "\\") at++;
      else if (text[at] === quote) quote = "";
    } else if (text.startsWith(closer, at)) return at;
    else if (text[at] === '"' || text[at] === "'") quote = text[at];
  }
  return text.indexOf(closer, from);
}

// The stretches of a source that are not words for the customer.
export function stretches(text) {
  const found = [];
  const missing = new Set();
  let at = 0;
  while ((at = text.indexOf("{", at)) !== -1) {
    const opener = text.slice(at, at + 2);
    const closer = CLOSER[opener];
    const end = closer && !missing.has(closer) ? closing(text, at + 2, closer) : -1;
    if (end === -1) {
      if (closer) missing.add(closer);
      at += 1;
      continue;
    }
    const inner = text.slice(at + 2, end).replace(/^[-+]/, "").replace(/[-+]$/, "").trim();
    found.push({ from: at, to: end + 2, opener, inner });
    at = end + 2;
  }
  return found;
}

function filled(sentence, words) {
  return sentence.replace(/\{(\w+)\}/g, (whole, key) => words[key] ?? whole);
}

function conditionWords(inner, fields, words) {
  const parts = inner.split(/\s+(and|or)\s+/u);
  const said = parts.map((part, index) => {
    if (index % 2) return words[part];
    const [, isNot, name] = PART.exec(part) || [];
    const field = fields[name];
    return field && (isNot ? field.without : field.with);
  });
  return said.every(Boolean) ? said.join(words.joint) : null;
}

// How one stretch is shown: its words, its look, and what is said on hovering.
function look({ opener, inner }, fields, words) {
  const code = { label: words.code, look: "code", title: "" };
  if (opener === "{#") return { ...code, label: words.remark };
  if (opener === "{%") {
    if (inner === "else") return { label: words.otherwise, look: "condition", title: words.about_condition };
    if (inner === "endif") return { label: words.end, look: "condition", title: words.about_condition };
    const [, key, condition] = IF.exec(inner) || [];
    const said = key && conditionWords(condition.trim(), fields, words);
    const sentence = key === "if" ? words.when : words.or_when;
    return said ? { label: filled(sentence, { what: said }), look: "condition", title: words.about_condition } : code;
  }
  const [, name] = PLAIN.exec(inner) || [];
  if (name) {
    const field = fields[name];
    if (field && !field.flag) return { label: field.label, look: "field", title: field.title };
    return { label: name, look: "unknown", title: filled(words.unknown, { name }) };
  }
  const [, filledName, quoted] = WITH_DEFAULT.exec(inner) || [];
  const field = fields[filledName];
  if (!field || field.flag) return code;
  const instead = quoted.slice(1, -1).replace(/\\(.)/g, "$1");
  return { label: filled(words.with_default, { field: field.label, text: instead }), look: "field", title: field.title };
}

class Chip extends CM.WidgetType {
  constructor(shown, classes) {
    super();
    this.shown = shown;
    this.classes = classes;
  }
  eq(other) {
    return (
      other.shown.label === this.shown.label && other.shown.title === this.shown.title && other.classes === this.classes
    );
  }
  toDOM() {
    const chip = document.createElement("span");
    chip.className = this.classes;
    chip.textContent = this.shown.label;
    if (this.shown.title) chip.title = this.shown.title;
    return chip;
  }
  ignoreEvent() {
    return false;
  }
}

// Python counts characters, the browser counts UTF-16 units: index i of the first is units[i] of the second.
function unitsOf(text) {
  const units = [0];
  for (const character of text) units.push(units[units.length - 1] + character.length);
  return units;
}

function within(units, index) {
  return units[Math.max(0, Math.min(index, units.length - 1))];
}

const setMarks = CM.StateEffect.define();
const setView = CM.StateEffect.define();

// Chips and marks of one state; chips are atomic: caret and deletion never enter them.
function decorated(state, { view, marks }) {
  const text = state.doc.toString();
  const all = [];
  const chips = [];
  if (view.chips)
    for (const stretch of stretches(text)) {
      const shown = look(stretch, view.fields, view.words);
      const mark = marks.find((each) => each.from < stretch.to && each.to > stretch.from);
      const isChosen = state.selection.ranges.some((range) => range.from <= stretch.from && range.to >= stretch.to);
      const classes = ["chip-editor-chip", `is-${shown.look}`];
      if (mark) classes.push(`is-marked-${mark.kind}`);
      if (isChosen) classes.push("is-chosen");
      const widget = new Chip(mark ? { ...shown, title: mark.message } : shown, classes.join(" "));
      chips.push(CM.Decoration.replace({ widget }).range(stretch.from, stretch.to));
    }
  for (const mark of marks)
    if (mark.from < mark.to && !chips.some((chip) => chip.from <= mark.from && chip.to >= mark.to))
      all.push(
        CM.Decoration.mark({
          class: `chip-editor-mark is-${mark.kind}`,
          attributes: { title: mark.message },
        }).range(mark.from, mark.to),
      );
  return { all: CM.Decoration.set([...chips, ...all], true), atomic: CM.Decoration.set(chips, true) };
}

const shownField = CM.StateField.define({
  create: () => ({ view: { chips: false, fields: {}, words: {} }, marks: [], all: CM.Decoration.none, atomic: CM.Decoration.none }),
  update(value, transaction) {
    let { view, marks } = value;
    if (transaction.docChanged)
      marks = marks.map((mark) => ({
        ...mark,
        from: transaction.changes.mapPos(mark.from, 1),
        to: transaction.changes.mapPos(mark.to, -1),
      }));
    for (const effect of transaction.effects) {
      if (effect.is(setMarks)) marks = effect.value;
      if (effect.is(setView)) view = effect.value;
    }
    if (view === value.view && marks === value.marks && !transaction.docChanged && !transaction.selection) return value;
    return { view, marks, ...decorated(transaction.state, { view, marks }) };
  },
  provide: (field) => [
    CM.EditorView.decorations.from(field, (value) => value.all),
    CM.EditorView.atomicRanges.of((view) => view.state.field(field).atomic),
  ],
});

// A source of more than twice what any provider takes is a slip of the clipboard: it would only make everything slow.
const LONGEST = 4000;
const fromServer = CM.Annotation.define();

export default {
  props: {
    doc: Object, // {n, text}: n grows each time the server puts another text in place
    marks: Object, // {text, items: [{from, to, kind, message}]}; they hold for that text alone
    order: Object, // {n, do, …}: one thing to do, once
    fields: Object,
    words: Object,
    chips: Boolean,
    readonly: Boolean,
    unsaved: Boolean, // the browser asks before it leaves
    label: String,
    hint: String,
  },
  watch: {
    doc(doc) {
      this.takeText(doc);
    },
    marks() {
      this.showMarks();
    },
    order(order) {
      this.carryOut(order);
    },
    chips() {
      this.showView();
    },
    fields() {
      this.showView();
    },
    readonly() {
      this.view.dispatch({ effects: this.access.reconfigure(this.accessOf()) });
    },
    "$q.dark.isActive"() {
      this.showColours();
    },
  },
  render() {
    return Vue.h("div", { class: ["chip-editor", this.chips ? "is-chips" : "is-code"] });
  },
  methods: {
    accessOf() {
      const attributes = {
        "aria-label": this.label,
        "aria-multiline": "true",
        autocorrect: "off",
        autocapitalize: "off",
        spellcheck: "false",
      };
      if (this.readonly) attributes["aria-readonly"] = "true";
      return [
        CM.EditorState.readOnly.of(this.readonly),
        CM.EditorView.editable.of(!this.readonly),
        CM.EditorView.contentAttributes.of(attributes),
      ];
    },
    text() {
      return this.view.state.sliceDoc();
    },
    tellText() {
      const text = this.text();
      this.$emit("edit", { n: this.n, text: text.toWellFormed?.() ?? text }); // half a character could not be stored
    },
    takeText(doc) {
      if (!doc || doc.n <= this.n) return;
      this.n = doc.n;
      const old = this.text();
      if (old === doc.text) return;
      this.view.dispatch({ changes: changed(old, doc.text), annotations: fromServer.of(true) });
    },
    showMarks() {
      if (!this.marks || this.marks.text !== this.text()) return; // made for an older text; newer ones are coming
      const units = unitsOf(this.marks.text);
      const items = this.marks.items.map((mark) => ({
        ...mark,
        from: within(units, mark.from),
        to: within(units, mark.to),
      }));
      this.view.dispatch({ effects: setMarks.of(items) });
    },
    showView() {
      const view = { chips: this.chips, fields: this.fields || {}, words: this.words || {} };
      this.view.dispatch({ effects: setView.of(view) });
      this.showColours();
    },
    async showColours() {
      const style = this.$q.dark.isActive ? CM.oneDarkHighlightStyle : CM.defaultHighlightStyle;
      const language = CM.languages.find((each) => each.name === "Jinja2");
      const colours = this.chips ? [] : [await language.load(), CM.syntaxHighlighting(style)];
      this.view.dispatch({ effects: this.colours.reconfigure(colours) });
    },
    carryOut(order) {
      if (!order || order.n <= this.ordersDone) return;
      this.ordersDone = order.n;
      if (order.do === "insert") this.insert(order);
      if (order.do === "replace") this.replace(order);
      if (order.do === "show") this.choose(order);
      this.view.focus();
    },
    insert({ text, from, to }) {
      const at = this.view.state.selection.main.from;
      const transaction = this.view.state.replaceSelection(text);
      const selection = from === undefined ? transaction.selection : { anchor: at + from, head: at + to };
      this.view.dispatch(this.view.state.update({ ...transaction, selection, scrollIntoView: true, userEvent: "input" }));
    },
    replace({ from, to, was, text }) {
      const units = unitsOf(this.text());
      const [start, end] = [within(units, from), within(units, to)];
      if (this.view.state.sliceDoc(start, end) !== was) return; // the text has moved on since that was offered
      this.view.dispatch({
        changes: { from: start, to: end, insert: text },
        selection: { anchor: start + text.length },
        scrollIntoView: true,
        userEvent: "input",
      });
    },
    choose({ from, to }) {
      const units = unitsOf(this.text());
      this.view.dispatch({
        selection: { anchor: within(units, from), head: within(units, to) },
        scrollIntoView: true,
      });
    },
  },
  created() {
    this.askBeforeLeaving = (event) => {
      if (this.unsaved) event.preventDefault();
    };
  },
  mounted() {
    window.addEventListener("beforeunload", this.askBeforeLeaving);
    this.n = this.doc.n;
    this.ordersDone = this.order?.n ?? 0;
    this.access = new CM.Compartment();
    this.colours = new CM.Compartment();
    this.view = Vue.markRaw(
      new CM.EditorView({
        parent: this.$el,
        state: CM.EditorState.create({
          doc: this.doc.text,
          extensions: [
            CM.EditorState.lineSeparator.of("\n"), // else CodeMirror would rewrite the other kinds of line ends
            CM.EditorState.changeFilter.of(
              (change) =>
                change.annotation(fromServer) ||
                change.newDoc.length <= LONGEST ||
                change.newDoc.length < change.startState.doc.length,
            ),
            CM.history(),
            CM.drawSelection(),
            CM.EditorView.lineWrapping,
            CM.keymap.of([...CM.defaultKeymap, ...CM.historyKeymap]),
            CM.placeholder(this.hint || ""),
            shownField,
            this.access.of(this.accessOf()),
            this.colours.of([]),
            CM.EditorView.updateListener.of((update) => {
              const isTheirs = update.transactions.some((each) => each.annotation(fromServer));
              if (update.docChanged && !isTheirs) this.tellText();
            }),
          ],
        }),
      }),
    );
    this.showView();
    this.showMarks();
  },
  beforeUnmount() {
    window.removeEventListener("beforeunload", this.askBeforeLeaving);
    this.view.destroy();
  },
};

// The one stretch in which two texts differ, so that carets and marks outside it stay where they are.
function changed(old, text) {
  let from = 0;
  while (from < old.length && from < text.length && old[from] === text[from]) from++;
  let [to, end] = [old.length, text.length];
  while (to > from && end > from && old[to - 1] === text[end - 1]) to--, end--;
  return { from, to, insert: text.slice(from, end) };
}
