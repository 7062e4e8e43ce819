// SPDX-License-Identifier: Apache-2.0
//
// The list beside the timeline: goroutines that are searched for, or the functions they began with.
import {ask, byId, count, duration, element, plural, short} from './common.js';

const pageSize = 100;
const times = [['running', 'running_ns'], ['runnable', 'runnable_ns'], ['blocked', 'blocked_ns'],
  ['syscall', 'syscall_ns']];

export class List {
  // onOpen(id)
  constructor(summary, onOpen) {
    this.summary = summary;
    this.onOpen = onOpen;
    this.sort = '-running';
    this.asked = 0;
    byId('search').addEventListener('input', () => this.show('goroutines'));
    byId('search').addEventListener('keydown', (event) => {
      if (event.key === 'Enter') byId('found-table').querySelector('tbody tr')?.click();
    });
    byId('by-goroutine').addEventListener('click', () => this.show('goroutines'));
    byId('by-function').addEventListener('click', () => this.show('functions'));
    byId('more').addEventListener('click', () => this.load(this.shown));
    this.show('goroutines');
  }

  show(what) {
    byId('by-goroutine').setAttribute('aria-selected', what === 'goroutines');
    byId('by-function').setAttribute('aria-selected', what === 'functions');
    if (what === 'goroutines') return this.load(0);
    ++this.asked;  // no answer that is under way
    this.functions();
  }

  head(columns) {
    return element('thead', {}, element('tr', {}, ...columns.map(([name, sort, left]) => {
      const sorted = sort && this.sort.replace('-', '') === sort;
      const shown = sort ? element('button', {onclick: () => this.sortBy(sort)}, name) : name;
      return element('th', {class: (left ? 'left' : '') + (sorted ? ' sorted' : '')}, shown);
    })));
  }
  sortBy(sort) {
    const largest = sort !== 'id';
    const first = (largest ? '-' : '') + sort, other = (largest ? '' : '-') + sort;
    this.sort = this.sort === first ? other : first;
    this.load(0);
  }

  async load(offset) {
    const asked = ++this.asked;
    const search = byId('search').value.trim();
    byId('list').dataset.state = 'loading';
    const answer =
      await ask('goroutines', {search, sort: this.sort, offset, limit: pageSize});
    if (asked !== this.asked) return;
    const rows = answer.goroutines.map((g) => element('tr',
      {'data-id': g.id, title: g.function, onclick: () => this.onOpen(g.id)},
      element('td', {class: 'left'}, g.id),
      element('td', {class: 'function'}, short(g.function) || '?'),
      ...times.map(([, member]) => element('td', {}, duration(g[member])))));
    const table = byId('found-table');
    if (offset === 0) {
      table.replaceChildren(this.head([['G', 'id', true], ['function', null, true],
        ...times.map(([name]) => [name, name])]), element('tbody', {}, ...rows));
    } else {
      table.querySelector('tbody').append(...rows);
    }
    this.shown = offset + rows.length;
    byId('found').textContent = plural(answer.total, 'goroutine');
    byId('more').hidden = this.shown >= answer.total;
    byId('list').dataset.state = 'loaded';
  }

  functions() {
    const rows = this.summary.functions.map((f) => element('tr', {title: f.function,
      onclick: () => {
        byId('search').value = f.function;
        this.show('goroutines');
      }},
    element('td', {class: 'left'}, count(f.count)),
    element('td', {class: 'function'}, short(f.function) || '?'),
    ...times.map(([, member]) => element('td', {}, duration(f[member])))));
    byId('found-table').replaceChildren(this.head([['count', null, true], ['function', null, true],
      ...times.map(([name]) => [name, null])]), element('tbody', {}, ...rows));
    byId('found').textContent = plural(this.summary.function_count, 'function');
    byId('more').hidden = true;
    byId('list').dataset.state = 'loaded';
  }
}
