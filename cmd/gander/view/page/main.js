// SPDX-License-Identifier: Apache-2.0
//
// Puts the parts together: the head of the page, keys, and the place in the address bar, so that a
// reload or a bookmark comes back to where one was.
import {ask, byId, count, dot, duration, element, plural} from './common.js';
import {GoroutinePanel} from './goroutine.js';
import {List} from './list.js';
import {rankFunctions, readColors} from './paint.js';
import {Timeline} from './timeline.js';

const keys = [
  ['wheel, + and −', 'zoom, at the mouse'], ['drag, ← and →', 'move'],
  ['shift and wheel', 'move'], ['↑ and ↓', 'other rows'], ['0', 'the whole trace'],
  ['click', 'the goroutine of a slice; zoom into what is too narrow to be told apart'],
  ['/', 'search'], ['p', 'pin a row of the goroutine, or take it away'],
  ['Esc', 'back to the list'], ['?', 'this'],
];

function head(summary) {
  document.title = summary.file.split('/').pop() + ' – gander trace';
  byId('file').textContent = summary.file;
  byId('facts').textContent = [duration(summary.duration_ns), plural(summary.events, 'event'),
    plural(summary.goroutine_count, 'goroutine'), plural(summary.proc_count, 'P'),
    plural(summary.stop_count, 'stop') + ' of the world',
    plural(summary.mark_count, 'collection'), 'format of ' + summary.format].join(' · ');
  byId('legend').append(...['running', 'runnable', 'blocked', 'syscall'].map((kind) =>
    element('span', {}, dot(kind), kind)),
  element('span', {}, dot('merged'), 'many, by how busy'));
  byId('keys').append(element('table', {}, element('tbody', {}, ...keys.map(([key, what]) =>
    element('tr', {}, element('td', {}, element('kbd', {}, key)), element('td', {}, what))))));
  if (summary.problem_count === 0) return;
  const more = summary.problem_count - summary.problems.length;
  byId('problems').append(
    element('p', {}, element('b', {}, 'Something is wrong with this trace. '),
      'What could be read is shown.'),
    ...summary.problems.map((p) => element('p', {}, `offset ${p.offset}: ${p.what}`)),
    ...(more > 0 ? [element('p', {}, `and ${count(more)} more`)] : []));
  byId('problems').hidden = false;
}

function theme(changed) {
  const root = document.documentElement;
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    readColors();
    changed();
  };
  byId('theme').addEventListener('click', () => {
    const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;
    root.dataset.theme = isDark ? 'light' : 'dark';
    apply();
  });
  dark.addEventListener('change', apply);
}

async function start() {
  readColors();
  const summary = await ask('summary');
  rankFunctions(summary.functions.map((f) => f.function));
  head(summary);
  const place = new URLSearchParams(location.hash.slice(1));
  let timeline = null, panel = null, later = 0;

  const remember = () => {
    clearTimeout(later);
    later = setTimeout(() => {
      const {from, to} = timeline.view;
      const now = new URLSearchParams({from: Math.floor(from), to: Math.ceil(to)});
      if (panel.id !== null) now.set('g', panel.id);
      history.replaceState(null, '', '#' + now);
    }, 300);
  };
  const open = async (id, ns = null) => {
    timeline.selected = id;
    if (ns !== null) timeline.mark = ns;
    timeline.changed();
    await panel.open(id, ns);
    remember();
  };
  const close = () => {
    panel.hide();
    timeline.selected = timeline.mark = null;
    timeline.changed();
  };
  panel = new GoroutinePanel({
    open: async (id, ns = null) => {
      await open(id, ns);
      if (ns !== null) timeline.jump(ns);
    },
    close,
    jump: (ns, length) => timeline.jump(ns, length),
    pin: (id, name) => timeline.pin(id, name),
    pinned: (id) => timeline.pinned(id),
    show: (g) => {
      const margin = (g.end_ns - g.begin_ns) / 20;
      timeline.show(g.begin_ns - margin, g.end_ns + margin);
    },
  });
  timeline = new Timeline(summary, {onPick: open, onMove: remember});
  new List(summary, (id) => open(id));
  theme(() => timeline.changed());
  const from = Number(place.get('from')), to = Number(place.get('to'));
  if (to > from && from >= 0) timeline.show(from, to);
  if (/^\d+$/.test(place.get('g') ?? '')) open(place.get('g'));

  const rows = byId('rows');
  const actions = {
    '+': () => timeline.zoom(0.5), '=': () => timeline.zoom(0.5), '-': () => timeline.zoom(2),
    'ArrowLeft': () => timeline.pan(-0.2), 'ArrowRight': () => timeline.pan(0.2),
    'ArrowUp': () => rows.scrollBy(0, -26), 'ArrowDown': () => rows.scrollBy(0, 26),
    '0': () => timeline.show(0, timeline.whole), 'Escape': close, '/': () => byId('search').focus(),
    'p': () => byId('pin')?.click(), '?': () => byId('keys').showModal(),
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId('keys').open) return;
    if (event.target.tagName === 'INPUT') {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const action = actions[event.key];
    if (action === undefined) return;
    if (event.key === '/' && panel.id !== null) close();
    event.preventDefault();
    action();
  });
  byId('help').addEventListener('click', actions['?']);
  byId('keys').addEventListener('click', () => byId('keys').close());
}

// Whatever is asked may fail: the command may have been ended.
window.addEventListener('unhandledrejection', (event) => {
  const failure = byId('failure') ?? element('p', {id: 'failure'});
  failure.textContent = 'The server does not answer: ' + event.reason.message;
  byId('problems').append(failure);
  byId('problems').hidden = false;
});
start();
