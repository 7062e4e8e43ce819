// SPDX-License-Identifier: Apache-2.0
//
// The panel of one goroutine: where its time went, who created it, and its history, a part of it at
// a time.
import {ask, byId, count, dot, duration, element, short, time, title} from './common.js';

const pageSize = 100;
const totals = [['running', 'running_ns'], ['runnable', 'runnable_ns'], ['blocked', 'blocked_ns'],
  ['syscall', 'syscall_ns']];

const place = (frame) => frame.file ? frame.file + ':' + frame.line : '';

// What a moment was, in words; `link` makes a goroutine of it that can be clicked.
function words(m, link) {
  const other = m.other && link(m.other, m.other_function);
  const act = {
    GoUnblock: 'unblocked', GoCreate: 'created', GoCreateBlocked: 'created', GoSwitch:
    'switched to', GoSwitchDestroy: 'ended, switching to', UserRegionBegin: 'region',
    UserRegionEnd: 'end of region', UserTaskBegin: 'task', UserTaskEnd: 'end of a task',
    UserLog: 'log', STWBegin: 'stops the world:', STWEnd: 'starts the world', GoLabel: 'label',
    GCBegin: 'a collection begins', GCEnd: 'the collection ends', ProcsChange: 'GOMAXPROCS changes',
    GCMarkAssistBegin: 'assists the collector', GCMarkAssistEnd: 'end of the assist',
    GCSweepBegin: 'sweeps', GCSweepEnd: 'end of the sweep', CPUSample: 'CPU sample',
  }[m.event] ?? m.event;
  if (!m.changes) return [act, ...(other ? [' ', other] : m.name ? [' ' + m.name] : [])];
  const made = {GoUnblock: 'unblocked by ', GoSwitch: 'switched to by ',
    GoSwitchDestroy: 'switched to by ', GoCreate: 'created by ', GoCreateBlocked: 'created by '};
  switch (m.state) {
    case 'running':
      return [m.event === 'GoSyscallEnd' ? 'running again' : 'running',
        m.proc === undefined ? '' : ' on P' + m.proc];
    case 'runnable':
    case 'blocked': {
      const what = [m.state];
      if (m.name) what.push(': ' + m.name);
      if (made[m.event]) what.push(', ' + made[m.event], other ?? 'the runtime');
      if (m.event === 'GoSyscallEndBlocked') what.push(' after the system call');
      return what;
    }
    case 'syscall': return ['in a system call'];
    default: return [m.event ? 'ended' : 'the trace ends'];
  }
}

export class GoroutinePanel {
  // open(id, ns): another goroutine's; jump(ns, length): there in the timeline; pin(id, name)
  constructor({open, close, jump, pin, pinned, show}) {
    Object.assign(this, {onOpen: open, close, jump, pin, pinned, show});
    this.box = byId('goroutine');
    this.asked = 0;
    this.id = null;
  }

  hide() {
    ++this.asked;
    this.id = null;
    this.box.hidden = true;
    byId('list').hidden = false;
  }

  // With the history at that time, or from its begin.
  async open(id, ns = null) {
    const asked = ++this.asked;
    this.box.dataset.state = 'loading';
    if (this.id !== id) {
      const g = await ask('goroutine/' + id);
      if (asked !== this.asked) return;
      this.id = id;
      this.goroutine = g;
      this.build(g);
    }
    byId('list').hidden = true;
    this.box.hidden = false;
    this.here = ns;
    const start = ns === null ? {offset: 0} : {at: Math.max(0, Math.floor(ns))};
    await this.page(start, asked, ns !== null);
  }

  link(id, name, ns = null) {
    return element('button', {class: 'link goroutine', 'data-id': id,
      onclick: () => this.onOpen(id, ns)}, title(id, name));
  }

  build(g) {
    const pin = element('button', {id: 'pin'});
    const label = () => {
      pin.textContent = this.pinned(g.id) ? 'unpin (p)' : 'pin its row (p)';
    };
    pin.addEventListener('click', () => {
      this.pin(g.id, g.function);
      label();
    });
    label();
    const life = Math.max(1, g.end_ns - g.begin_ns);
    const bar = element('div', {class: 'bar'}, ...totals.map(([kind, member]) => {
      const part = element('div', {class: kind, title: kind});
      part.style.width = g[member] / life * 100 + '%';
      return part;
    }));
    const creator = g.creator
      ? element('p', {}, 'Created by ', this.link(g.creator.id, g.creator.function))
      : element('p', {class: 'dim'}, g.from_the_start ? 'It was there before the trace.'
        : 'Not known by whom.');
    const reasons = g.blocked_by_reason.map((r) => element('div', {},
      element('span', {}, r.reason || 'not known'), element('span', {class: 'dim'},
        '× ' + count(r.count)), element('b', {}, duration(r.ns))));
    this.pages = element('div', {class: 'pages'});
    this.moments = element('ol', {class: 'moments'});
    this.box.replaceChildren(
      element('div', {class: 'top'},
        element('h2', {}, element('span', {class: 'id'}, 'G' + g.id), ' ', g.function || '?'),
        element('div', {class: 'actions'},
          element('button', {id: 'back', onclick: () => this.close()}, '← list'), pin,
          element('button', {onclick: () => this.show(g)}, 'its whole life'))),
      element('div', {class: 'body'}, bar,
        element('div', {class: 'totals', id: 'totals'}, ...totals.map(([kind, member]) =>
          element('div', {}, dot(kind), kind, element('b', {}, duration(g[member]))))),
        element('p', {class: 'dim'}, (g.from_the_start ? 'from before the trace' :
          'from ' + time(g.begin_ns, 1e3)) + (g.to_the_end ? ' to its end' : ' to ' +
          time(g.end_ns, 1e3))),
        ...(reasons.length === 0 ? [] : [element('h3', {}, 'Blocked'),
          element('div', {class: 'reasons'}, ...reasons)]),
        element('h3', {}, 'Creation'), creator,
        this.stack(g.creation_stack, 'creation-stack'),
        element('h3', {}, 'History'), this.pages, this.moments));
  }

  stack(frames, id) {
    const list = element('ol', {class: 'stack'}, ...frames.map((f) => element('li', {},
      element('span', {class: 'function'}, f.function || '?'),
      element('span', {class: 'place'}, place(f)))));
    if (id) list.id = id;
    return list;
  }

  async page(start, asked, scroll) {
    const answer = await ask(`goroutine/${this.id}/history`, {...start, limit: pageSize});
    if (asked !== this.asked) return;
    const {offset, total, moments} = answer;
    const go = (to) => () => {
      this.here = null;
      this.page({offset: Math.max(0, to)}, ++this.asked, false);
    };
    const last = offset + moments.length;
    this.pages.replaceChildren(
      element('button', {disabled: offset === 0, onclick: go(0), title: 'first'}, '⇤'),
      element('button', {disabled: offset === 0, onclick: go(offset - pageSize)}, '← earlier'),
      element('span', {class: 'dim'}, moments.length === 0 ? 'nothing'
        : `${count(offset + 1)} – ${count(last)} of ${count(total)}`),
      element('button', {disabled: last >= total, onclick: go(last)}, 'later →'),
      element('button', {disabled: last >= total, onclick: go(total - pageSize), title: 'last'},
        '⇥'));
    this.moments.replaceChildren(...moments.map((m) => this.moment(m)));
    if (this.here !== null) this.moments.firstElementChild?.classList.add('here');
    if (scroll) this.pages.scrollIntoView();
    this.box.dataset.state = 'loaded';
    this.box.dataset.offset = offset;
  }

  moment(m) {
    const link = (id, name) => this.link(id, name, m.time_ns);
    const there = () => this.jump(m.time_ns, m.ns ?? 0);
    const item = element('li', {'data-event': m.event, 'data-time': m.time_ns},
      element('div', {class: 'moment'},
        element('time', {title: 'show it in the timeline', onclick: there}, time(m.time_ns, 1e3)),
        m.changes ? dot(m.state) : element('span'),
        element('span', {class: 'what'}, ...words(m, link)),
        element('span', {class: 'ns'}, m.ns === undefined ? '' : duration(m.ns))));
    if (m.stack !== undefined) {
      const where = element('button', {class: 'where', 'aria-expanded': 'false',
        title: place(m.where), onclick: () => this.expand(item, where, m.stack)},
      element('span', {}, short(m.where.function) || '?'), ' ',
      place(m.where).split('/').pop());
      item.append(where);
    }
    return item;
  }
  async expand(item, where, number) {
    const open = where.getAttribute('aria-expanded') === 'true';
    where.setAttribute('aria-expanded', !open);
    if (open) return item.querySelector('.stack')?.remove();
    const answer = await ask('stack/' + number);
    if (where.getAttribute('aria-expanded') === 'true' && !item.querySelector('.stack'))
      item.append(this.stack(answer.frames));
  }
}
