// Two texts and their equal lines → the rows of a diff; two lines → the words that differ.

/** How many equal lines are shown around those that differ. */
const CONTEXT = 3;

/** Lines with more words than this are compared by their ends alone. */
const MOST_WORDS = 300;

/**
 * The rows of an object's text. Each is `{ sign, old, new, text }` with the numbers of its line
 * from 0, or `{ fold, from, to }` for equal lines out of sight. Removed and added lines that stand
 * for each other have each other as `other`. `unfolded` holds folds that were opened, by their
 * first line.
 */
export function rowsOf(text, unfolded) {
  if (text.before === undefined) return whole(text.after ?? "", "+");
  if (text.after === undefined) return whole(text.before, "-");
  const [before, after] = [linesOf(text.before), linesOf(text.after)];
  const rows = [];
  const paths = new Paths(after);
  let [old, fresh] = [0, 0];
  for (const [from, to, length] of [...(text.equal ?? []), [before.length, after.length, 0]]) {
    change(rows, before, after, [old, Math.min(from, before.length)], [fresh, Math.min(to, after.length)]);
    equal(rows, before, after, { from, to, length, paths, unfolded });
    [old, fresh] = [from + length, to + length];
  }
  return rows;
}

/** The lines of a text, without the empty one after its last line break. */
export function linesOf(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function whole(text, sign) {
  return linesOf(text).map((line, index) => ({ sign, old: sign === "-" ? index : null, new: sign === "+" ? index : null, text: line }));
}

function change(rows, before, after, [oldFrom, oldTo], [newFrom, newTo]) {
  const removed = before.slice(oldFrom, oldTo).map((text, index) => ({ sign: "-", old: oldFrom + index, new: null, text }));
  const added = after.slice(newFrom, newTo).map((text, index) => ({ sign: "+", old: null, new: newFrom + index, text }));
  for (const [one, other] of partners(removed, added)) [one.other, other.other] = [other, one];
  if (removed.length + added.length > 0) (removed[0] ?? added[0]).begins = true;
  rows.push(...removed, ...added);
}

/** Which removed line an added one stands for: that with the same key, in order, else the one in its place. */
function partners(removed, added) {
  const pairs = [];
  const key = ({ text }) => /^\s*(?:- )*[^\s:]+:/.exec(text)?.[0];
  let next = 0;
  for (const one of removed) {
    const wanted = key(one);
    const most = Math.min(added.length, next + 50);
    for (let index = next; wanted !== undefined && index < most; index += 1) {
      if (key(added[index]) === wanted) {
        pairs.push([one, added[index]]);
        next = index + 1;
        break;
      }
    }
  }
  if (pairs.length === 0 && removed.length === added.length) return removed.map((one, index) => [one, added[index]]);
  return pairs;
}

function equal(rows, before, after, { from, to, length, paths, unfolded }) {
  const end = Math.min(length, before.length - from, after.length - to);
  const row = (index) => ({ sign: " ", old: from + index, new: to + index, text: after[to + index] });
  const isLast = from + length >= before.length && to + length >= after.length;
  const head = from === 0 && to === 0 ? 0 : CONTEXT;
  const tail = isLast ? 0 : CONTEXT;
  // A fold of one line would take as much room as the line.
  if (end <= head + tail + 1 || unfolded.has(to)) {
    for (let index = 0; index < end; index += 1) rows.push(row(index));
    return;
  }
  for (let index = 0; index < head; index += 1) rows.push(row(index));
  rows.push({ fold: end - head - tail, key: to, path: isLast ? [] : paths.to(to + end - tail) });
  for (let index = end - tail; index < end; index += 1) rows.push(row(index));
}

/** The keys above lines, from the outermost. Lines are asked for from first to last. */
class Paths {
  constructor(lines) {
    this.lines = lines;
    this.next = 0;
    this.above = [];
  }

  to(at) {
    for (; this.next < at; this.next += 1) {
      const line = this.lines[this.next];
      if (line.trim() === "") continue;
      const indent = indentOf(line);
      while (this.above.length > 0 && this.above.at(-1).indent >= indent) this.above.pop();
      const item = /^\s*- (?:name: (.*))?/.exec(line);
      const key = /^\s*(?:- )*([^\s:#][^:]*):/.exec(line);
      this.above.push({ indent, label: item?.[1] ?? key?.[1] ?? "-" });
    }
    const indent = indentOf(this.lines[at] ?? "");
    return this.above.filter((it) => it.indent < indent).map(({ label }) => label);
  }
}

function indentOf(line) {
  return line.length - line.trimStart().length;
}

/** The parts of a line, and whether each is in the other line, too. */
export function wordsOf(line, other) {
  const [one, two] = [split(line), split(other)];
  let start = 0;
  while (start < one.length && start < two.length && one[start] === two[start]) start += 1;
  let end = 0;
  while (end < one.length - start && end < two.length - start && one.at(-1 - end) === two.at(-1 - end)) end += 1;
  const [middle, others] = [one.slice(start, one.length - end), two.slice(start, two.length - end)];
  const same = middle.length * others.length > MOST_WORDS * MOST_WORDS ? new Set() : common(middle, others);
  const parts = [];
  const put = (text, isSame) => {
    if (parts.at(-1)?.isSame === isSame) parts.at(-1).text += text;
    else parts.push({ text, isSame });
  };
  for (const [index, word] of one.entries()) {
    const inMiddle = index - start;
    put(word, index < start || index >= one.length - end || same.has(inMiddle));
  }
  return parts;
}

function split(line) {
  return line.match(/\s+|[\p{L}\p{N}_]+|./gsu) ?? [];
}

/** The positions in `one` of the longest common sequence. */
function common(one, other) {
  const width = other.length + 1;
  const table = new Uint16Array((one.length + 1) * width);
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      table[i * width + j] = one[i] === other[j] ? table[(i + 1) * width + j + 1] + 1 : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  const found = new Set();
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    if (one[i] === other[j]) {
      found.add(i);
      [i, j] = [i + 1, j + 1];
    } else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return found;
}

/** Rows for two columns: removed lines left of the added ones that stand for them. */
export function sideBySide(rows) {
  const pairs = [];
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index];
    if (row.fold) pairs.push(row);
    else if (row.sign === " ") pairs.push({ left: row, right: row });
    else {
      const [removed, added] = [[], []];
      for (; index < rows.length && !rows[index].fold && rows[index].sign !== " "; index += 1) {
        (rows[index].sign === "-" ? removed : added).push(rows[index]);
      }
      index -= 1;
      pairs.push(...aligned(removed, added));
    }
  }
  return pairs;
}

function aligned(removed, added) {
  const pairs = [];
  let next = 0;
  const put = (left, right) => pairs.push({ left, right, begins: pairs.length === 0 });
  for (const left of removed) {
    const at = left.other ? added.indexOf(left.other, next) : -1;
    if (at < 0) {
      put(left, null);
      continue;
    }
    for (; next < at; next += 1) put(null, added[next]);
    put(left, added[next]);
    next += 1;
  }
  for (; next < added.length; next += 1) put(null, added[next]);
  // A removed line without a partner and an added one below it may share a row.
  return pairs;
}
