// SPDX-License-Identifier: Apache-2.0
//
// The timeline: what part of the trace is shown, its rows, and how mouse and keys move it. What is
// on the screen is asked of the server anew after each move, with some more to the sides; until the
// answer is there, what is known already is drawn at its new place.
import {ask, byId, duration, element, plural, states, time, title} from './common.js';
import {fit, paintAxis, paintGrid, paintMark, paintOverview, paintRow, rowHeight, tickStep}
  from './paint.js';

const leastSpan = 50;  // ns

export class Timeline {
  // onPick(id, ns): a slice of that goroutine was clicked.
  constructor(summary, {onPick, onMove}) {
    this.whole = Math.max(summary.duration_ns, leastSpan);
    this.view = {from: 0, to: this.whole};
    this.rows = [{name: 'stops', kind: 'stop', label: 'Stopped'},
      {name: 'marking', kind: 'marking', label: 'GC marking'},
      ...summary.procs.map((id) => ({name: 'p' + id, kind: 'proc', label: 'P' + id}))];
    for (const row of this.rows) row.slices = [];
    this.selected = null;
    this.mark = null;
    this.busy = [];
    this.onPick = onPick;
    this.onMove = onMove;
    this.rowsBox = byId('rows');
    this.canvas = byId('sticky').firstElementChild;
    this.axis = byId('axis').querySelector('canvas');
    this.overview = byId('overview').firstElementChild;
    this.listen();
    this.placeLabels();
    this.loadOverview();
    new ResizeObserver(() => this.changed()).observe(byId('view'));
    this.changed();
  }

  get width() { return this.rowsBox.clientWidth - 130; }

  // ---- where it is

  show(from, to) {
    const span = Math.min(this.whole, Math.max(leastSpan, to - from));
    let begin = from + (to - from - span) / 2;
    begin = Math.min(Math.max(0, begin), this.whole - span);
    this.view = {from: begin, to: begin + span};
    this.changed();
  }
  zoom(factor, at = (this.view.from + this.view.to) / 2) {
    const now = this.view.to - this.view.from;
    const span = Math.min(this.whole, Math.max(leastSpan, now * factor));
    const share = (at - this.view.from) / now;
    this.show(at - share * span, at - share * span + span);
  }
  pan(share) {
    const step = (this.view.to - this.view.from) * share;
    this.show(this.view.from + step, this.view.to + step);
  }
  // Shows what lies there, marked, together with what is around it.
  jump(ns, length = 0) {
    this.mark = ns;
    const span = this.view.to - this.view.from;
    const seen = ns >= this.view.from && ns + length <= this.view.to && length > span / 200;
    if (seen) return this.changed();
    const wanted = length > 0 ? length * 4 : Math.min(span, 1e6);
    const left = ns - (wanted - length) / 2;
    this.show(left, left + wanted);
  }
  timeAt(x) {
    return this.view.from + x / this.width * (this.view.to - this.view.from);
  }

  // ---- rows

  pinned(id) { return this.rows.some((row) => row.name === 'g' + id); }
  pin(id, name) {
    if (this.pinned(id)) {
      this.rows = this.rows.filter((row) => row.name !== 'g' + id);
    } else {
      // Above the Ps: there may be more of those than fit on the screen.
      const first = this.rows.findIndex((row) => row.kind === 'proc');
      const row = {name: 'g' + id, kind: 'goroutine', label: title(id, name), id, slices: []};
      this.rows.splice(first < 0 ? this.rows.length : first, 0, row);
      this.rowsBox.scrollTop = 0;
    }
    this.placeLabels();
    this.changed();
    this.onMove();
  }
  placeLabels() {
    byId('space').style.height = this.rows.length * rowHeight + 'px';
    const hint = element('div', {class: 'hint'},
      'Click a slice, or a goroutine of the list, and pin it to see its states as a row here.');
    hint.style.top = this.rows.length * rowHeight + 'px';
    hint.hidden = this.rows.some((row) => row.kind === 'goroutine');
    byId('labels').replaceChildren(hint, ...this.rows.map((row, i) => {
      const label = element('div', {class: 'label', title: row.label, 'data-row': row.name});
      label.style.top = i * rowHeight + 'px';
      label.style.height = rowHeight + 'px';
      const pinned = row.kind === 'goroutine';
      label.append(element('span', pinned
        ? {class: 'open', onclick: () => this.onPick(row.id, null)} : {}, row.label));
      if (pinned)
        label.append(element('button', {title: 'unpin', onclick: () => this.pin(row.id)}, '×'));
      return label;
    }));
  }
  visibleRows() {
    const first = Math.floor(this.rowsBox.scrollTop / rowHeight);
    const last = Math.ceil((this.rowsBox.scrollTop + this.rowsBox.clientHeight) / rowHeight);
    return this.rows.slice(first, Math.min(last, first + 100));
  }

  // ---- data

  changed() {
    if (this.painting) return;
    this.painting = requestAnimationFrame(() => {
      this.painting = 0;
      this.paint();
      this.load();
      this.onMove();
    });
  }

  // One question at a time; the newest is asked when the answer is there.
  async load() {
    const span = this.view.to - this.view.from;
    const from = Math.max(0, Math.floor(this.view.from - span / 2));
    const to = Math.min(this.whole, Math.ceil(this.view.to + span / 2));
    const width = Math.min(10000, Math.max(1, Math.round(this.width * (to - from) / span)));
    const rows = this.visibleRows();
    const wanted = [from, to, width, ...rows.map((row) => row.name)].join();
    if (this.loading || wanted === this.loaded || rows.length === 0) return;
    byId('view').dataset.state = 'loading';
    this.loading = true;
    try {
      this.take(await ask('timeline', {from, to, width, rows: rows.map((r) => r.name).join(',')}));
      byId('view').dataset.state = 'loaded';
    } catch (error) {
      byId('range').textContent = 'the server does not answer: ' + error.message;
      byId('view').dataset.state = 'failed';
    }
    this.loading = false;
    this.loaded = wanted;
    if (byId('view').dataset.state === 'loaded') this.changed();
  }
  take(answer) {
    const who = answer.goroutines.map(([id, label]) => ({id, name: answer.labels[label]}));
    for (const given of answer.rows) {
      const row = this.rows.find((r) => r.name === given.row);
      if (row === undefined) continue;
      row.slices = given.slices.map(([begin, end, kind, what, ...times]) => {
        if (kind === 0) return {begin, end, kind, times: [what, ...times]};
        if (row.kind === 'proc') return {begin, end, kind, ...who[what]};
        return {begin, end, kind, id: row.id, name: answer.labels[what]};
      });
    }
  }
  async loadOverview() {
    const rows = this.rows.filter((row) => row.kind === 'proc').slice(0, 64);
    if (rows.length === 0) return;
    const columns = 400;
    const answer = await ask('timeline', {from: 0, to: this.whole, width: columns,
      rows: rows.map((row) => row.name).join(',')});
    const busy = new Array(columns).fill(0);
    const column = this.whole / columns;
    for (const row of answer.rows) {
      for (const [begin, end, kind, , ...times] of row.slices) {
        const share = kind ? 1 : (times[1] + times[2]) / (end - begin);
        for (let i = Math.floor(begin / column); i * column < end && i < columns; ++i) {
          const inside = Math.min(end, (i + 1) * column) - Math.max(begin, i * column);
          busy[i] += share * inside / column / rows.length;
        }
      }
    }
    this.busy = busy;
    this.changed();
  }

  // ---- on the screen

  paint() {
    const width = this.width;
    if (width <= 0) return;
    const height = this.rowsBox.clientHeight;
    paintAxis(fit(this.axis, width, 25), this.view, width, 25);
    paintOverview(fit(this.overview, width, 39), this.busy, this.view, this.whole, width, 39);
    const context = fit(this.canvas, width, height);
    const used = Math.min(height, this.rows.length * rowHeight - this.rowsBox.scrollTop);
    paintGrid(context, this.view, width, used);
    this.rows.forEach((row, i) => {
      const y = i * rowHeight - this.rowsBox.scrollTop;
      if (y > -rowHeight && y < height)
        paintRow(context, row, this.view, width, y, this.selected);
    });
    if (this.mark !== null) {
      const x = (this.mark - this.view.from) / (this.view.to - this.view.from) * width;
      if (x >= 0 && x <= width) paintMark(context, x, used);
    }
    const step = tickStep(this.view, width) / 10;
    byId('range').textContent = `${time(this.view.from, step)} – ${time(this.view.to, step)}  (` +
      `${duration(this.view.to - this.view.from)} of ${duration(this.whole)})`;
    byId('view').dataset.from = Math.floor(this.view.from);
    byId('view').dataset.to = Math.ceil(this.view.to);
  }

  // The slice at a place of the canvas; of what is too narrow to be hit, one that is near.
  sliceAt(x, y) {
    const row = this.rows[Math.floor((y + this.rowsBox.scrollTop) / rowHeight)];
    if (row === undefined) return null;
    const near = (this.view.to - this.view.from) / this.width * 2;
    const ns = this.timeAt(x);
    let best = null, distance = near;
    for (const slice of row.slices) {
      const away = Math.max(slice.begin - ns, ns - slice.end, 0);
      if (away === 0) return {row, slice};
      if (away < distance) [best, distance] = [slice, away];
    }
    return best && {row, slice: best};
  }
  describe({row, slice}) {
    const length = duration(slice.end - slice.begin);
    const lines = [];
    if (slice.times) {
      lines.push(`${plural(slice.times[0], 'slice')} in ${length}: click to zoom in`);
      for (let kind = 1; kind < states.length; ++kind) {
        const ns = slice.times[kind];
        const share = Math.round(ns / Math.max(1, slice.end - slice.begin) * 100);
        if (ns !== 0) lines.push(`${states[kind]} ${duration(ns)} (${share} %)`);
      }
    } else if (row.kind === 'proc') {
      lines.push(title(slice.id, slice.name));
      lines.push(`${states[slice.kind]} on ${row.label} for ${length}`);
    } else if (row.kind === 'goroutine') {
      const why = slice.kind === 4 && slice.name ? ': ' + slice.name : '';
      lines.push(states[slice.kind] + why + ' for ' + length, row.label);
    } else {
      const why = row.kind === 'stop' ? 'all goroutines stopped: ' + slice.name : 'marking';
      lines.push(why, length);
    }
    lines.push('from ' + time(slice.begin, 1));
    return lines;
  }
  tip(event) {
    const box = byId('tip');
    const hit = event && this.sliceAt(event.offsetX, event.offsetY);
    box.hidden = !hit;
    if (!hit) return;
    box.replaceChildren(...this.describe(hit).map((line) => element('div', {}, line)));
    const left = Math.min(event.clientX + 14, window.innerWidth - box.offsetWidth - 8);
    const below = event.clientY + 18;
    box.style.left = left + 'px';
    box.style.top = (below + box.offsetHeight < window.innerHeight ? below
      : event.clientY - box.offsetHeight - 10) + 'px';
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 20 : 1;
      const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        return this.pan(across * lines / this.width);
      this.zoom(Math.exp(Math.max(-200, Math.min(200, event.deltaY * lines)) / 400),
        this.timeAt(event.offsetX));
    }, {passive: false});
    let dragged = null;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      dragged = {x: event.clientX, view: this.view, moved: false};
    });
    canvas.addEventListener('pointermove', (event) => {
      if (dragged === null) return this.tip(event);
      const away = event.clientX - dragged.x;
      if (Math.abs(away) > 3) dragged.moved = true;
      if (!dragged.moved) return;
      this.tip(null);
      const by = away / this.width * (dragged.view.to - dragged.view.from);
      this.show(dragged.view.from - by, dragged.view.to - by);
    });
    canvas.addEventListener('pointerup', (event) => {
      const clicked = dragged !== null && !dragged.moved;
      dragged = null;
      this.rowsBox.focus({preventScroll: true});
      if (clicked) this.click(event);
    });
    canvas.addEventListener('pointercancel', () => { dragged = null; });
    canvas.addEventListener('pointerleave', () => this.tip(null));
    this.rowsBox.addEventListener('scroll', () => this.changed());
    const overview = byId('overview');
    const move = (event) => {
      const at = event.offsetX / this.width * this.whole;
      const half = (this.view.to - this.view.from) / 2;
      this.show(at - half, at + half);
    };
    overview.addEventListener('pointerdown', (event) => {
      overview.setPointerCapture(event.pointerId);
      move(event);
    });
    overview.addEventListener('pointermove', (event) => { if (event.buttons & 1) move(event); });
    byId('in').addEventListener('click', () => this.zoom(0.5));
    byId('out').addEventListener('click', () => this.zoom(2));
    byId('whole').addEventListener('click', () => this.show(0, this.whole));
  }
  click(event) {
    const hit = this.sliceAt(event.offsetX, event.offsetY);
    if (!hit) return;
    const {slice} = hit;
    if (slice.times) {
      const length = Math.max(slice.end - slice.begin, leastSpan);
      this.show(slice.begin - length / 10, slice.end + length / 10);
    } else if (slice.id !== undefined) {
      this.onPick(slice.id, slice.begin);
    } else {
      this.jump(slice.begin, slice.end - slice.begin);
    }
  }
}
