# SPDX-License-Identifier: Apache-2.0
"""browser.py GANDER SYMBOLIZE MAKE_TRACE WORK: the page of gander trace --http in a headless
Chromium, which is moved, clicked and typed into.

SYMBOLIZE is the example of that name, whose output tells which stacks its trace must have;
MAKE_TRACE writes a large one. Nothing waits for time: each step waits for what it is to bring
about. That the browser's console stays empty is part of each test.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
import urllib.request

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

gander, symbolize, make_trace, work = sys.argv[1:5]
MOST_BYTES = 400 * 1024  # of an answer
PATIENCE_S = 5  # until a test is given up


class Server:
    """The command, serving a trace."""

    def __init__(self, trace):
        self.process = subprocess.Popen(
            [gander, 'trace', '--http', ':0', trace], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        wanted = 'gander trace: serving ' + re.escape(trace) + \
            r' at (http://127\.0\.0\.1:\d+)/ \(Ctrl-C ends it\)\n'
        found = re.fullmatch(wanted, line)
        assert found, line + self.process.stderr.read()
        self.url = found[1]

    def ask(self, path):
        with urllib.request.urlopen(self.url + '/api/' + path, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def end(self, how):
        """Its exit status, and what it wrote to stderr."""
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, errors


def start_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = '/usr/bin/chromium'
    for flag in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                 '--window-size=1500,900', '--disable-background-networking', '--no-first-run',
                 '--user-data-dir=' + os.path.join(work, 'profile')):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    return webdriver.Chrome(service=Service('/usr/bin/chromedriver'), options=options)


class Wire(unittest.TestCase):
    """What travels, without a browser."""

    @classmethod
    def setUpClass(cls):
        cls.trace = os.path.join(work, 'wire.trace')
        subprocess.run([make_trace, cls.trace, '20000'], check=True)

    def setUp(self):
        self.server = Server(self.trace)
        self.addCleanup(self.server.process.kill)
        self.port = int(self.server.url.split(':')[-1])

    def request(self, method, path, **headers):
        with contextlib.closing(http.client.HTTPConnection(
                '127.0.0.1', self.port, timeout=PATIENCE_S)) as connection:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()

    def test_requests(self):
        packed = {'Accept-Encoding': 'br, gzip, deflate'}
        for path in ('/', '/main.js', '/api/summary'):
            answer, body = self.request('GET', path)
            self.assertEqual(answer.status, 200)
            self.assertIn("default-src 'none'", answer.getheader('Content-Security-Policy'))
            self.assertEqual(answer.getheader('X-Content-Type-Options'), 'nosniff')
            self.assertIsNone(answer.getheader('Access-Control-Allow-Origin'))
            answer, nothing = self.request('HEAD', path)
            self.assertEqual((answer.status, nothing), (200, b''))
            self.assertEqual(int(answer.getheader('Content-Length')), len(body))
        answer, body = self.request('GET', '/api/summary', **packed)
        self.assertIsNone(answer.getheader('Content-Encoding'))
        answer, _ = self.request('GET', '/api/summary', Host=f'evil.example:{self.port}')
        self.assertEqual(answer.status, 403)
        answer, _ = self.request('GET', '/api/summary', Host='localhost:1')
        self.assertEqual(answer.status, 200)
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS'):
            answer, _ = self.request(method, '/api/summary')
            self.assertEqual((answer.status, answer.getheader('Allow')), (405, 'GET, HEAD'))
        for path, status in (('/api/timeline?from=x', 400), ('/api/goroutine/999999', 404),
                             ('/api/goroutines?search=%3Cb%3E', 200), ('/../etc/passwd', 404)):
            answer, body = self.request('GET', path)
            self.assertEqual(answer.status, status)
            self.assertEqual('error' in json.loads(body), status != 200)
        self.assertEqual(self.server.end(signal.SIGTERM), (0, ''))

    def test_port_in_use(self):
        for address in (f':{self.port}', str(self.port), f'127.0.0.1:{self.port}'):
            other = subprocess.run([gander, 'trace', '--http', address, self.trace], text=True,
                                   capture_output=True, timeout=PATIENCE_S)
            self.assertEqual((other.returncode, other.stdout), (2, ''))
            self.assertEqual(other.stderr,
                             f'gander: 127.0.0.1:{self.port}: Address already in use\n')
        self.assertEqual(self.server.end(signal.SIGINT), (0, ''))


class Page(unittest.TestCase):
    browser = None  # one for all

    def serve(self, trace):
        self.server = Server(trace)
        self.addCleanup(self.server.process.kill)
        self.browser.get_log('browser')  # whatever was before
        self.browser.get(self.server.url + '/')
        self.wait('the timeline', lambda: self.view()['state'] == 'loaded')
        self.wait('the list', lambda: self.find('#list').get_attribute('data-state') == 'loaded')

    def finish(self, how=signal.SIGTERM):
        self.assertEqual([entry for entry in self.browser.get_log('browser')
                          if entry['level'] in ('SEVERE', 'WARNING')], [])
        status, errors = self.server.end(how)
        self.assertEqual(status, 0)
        return errors

    def wait(self, what, condition):
        return WebDriverWait(self.browser, PATIENCE_S, poll_frequency=0.05).until(
            lambda _: condition(), what)

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def view(self):
        """What part of the trace is shown: from, to, state."""
        return self.browser.execute_script(
            'const d = document.getElementById("view").dataset;'
            'return {from: Number(d.from), to: Number(d.to), state: d.state}')

    def span(self):
        view = self.view()
        return view['to'] - view['from']

    def moved(self, what, action):
        """Does it, and waits until the view is another one, whose data is there."""
        before = self.view()
        action()

        def done():
            now = self.view()
            return now['state'] == 'loaded' and \
                (now['from'], now['to']) != (before['from'], before['to'])
        self.wait(what, done)

    def key(self, key):
        ActionChains(self.browser).send_keys(key).perform()

    def canvas(self):
        return self.find('#sticky canvas')

    def mouse(self, x, y):
        """Actions that begin at that place of the canvas, from its upper left corner."""
        canvas = self.canvas()
        size = canvas.size
        return ActionChains(self.browser).move_to_element_with_offset(
            canvas, round(x - size['width'] / 2), round(y - size['height'] / 2))

    def place(self, row, ns):
        """Where that time of a row is on the canvas."""
        view = self.view()
        x = (ns - view['from']) / (view['to'] - view['from']) * self.canvas().size['width']
        label = self.find(f'.label[data-row="{row}"]')
        return x, label.rect['y'] + label.rect['height'] / 2 - self.canvas().rect['y']

    def search(self, text):
        box = self.find('#search')
        box.clear()
        box.send_keys(text)

    def listed(self):
        # In one step, since the list may be another one in between.
        return self.browser.execute_script(
            'return [...document.querySelectorAll("#found-table tbody tr")].map(r => r.dataset.id)')

    def opened(self, goroutine):
        self.wait('the panel of ' + goroutine, lambda: (
            self.find('#goroutine').is_displayed()
            and self.find('#goroutine').get_attribute('data-state') == 'loaded'
            and self.find('#goroutine h2 .id').text == 'G' + goroutine))

    def moments(self):
        """The history that is shown: event, its text, place of its stack, element."""
        return [(item.get_attribute('data-event'), item.find_element(By.CSS_SELECTOR, '.what').text,
                 item) for item in self.all('.moments > li')]

    @staticmethod
    def uninterrupted(moments):
        """Without the times when it ran for so long that it was asked to let others go on."""
        rest = []
        for moment in moments:
            if rest and rest[-1][0] == 'GoStop' and moment[0] == 'GoStart':
                rest.pop()
            else:
                rest.append(moment)
        return rest

    def stack_of(self, item):
        """Opened, and its frames: function, file:line."""
        item.find_element(By.CSS_SELECTOR, '.where').click()
        self.wait('a stack', lambda: item.find_elements(By.CSS_SELECTOR, '.stack li'))
        return [(frame.find_element(By.CSS_SELECTOR, '.function').text,
                 frame.find_element(By.CSS_SELECTOR, '.place').text)
                for frame in item.find_elements(By.CSS_SELECTOR, '.stack li')]


class Example(Page):
    """On what an example does."""

    @classmethod
    def setUpClass(cls):
        cls.trace = os.path.join(work, 'symbolize.trace')
        said = subprocess.run([symbolize, cls.trace], check=True, text=True,
                              capture_output=True).stdout
        cls.lines = {fields[2]: int(fields[3])
                     for fields in (line.split('\t') for line in said.splitlines())}
        events = subprocess.run([gander, 'trace', '--events', cls.trace], check=True, text=True,
                                capture_output=True).stdout
        cls.receiver = re.search(r' G=(\d+) GoBlock .*::waits_to_receive ', events)[1]

    def setUp(self):
        self.serve(self.trace)

    def test_search_and_read_a_history(self):
        self.assertIn(os.path.basename(self.trace), self.browser.title)
        everybody = self.server.ask('goroutines?limit=200')['total']
        self.assertEqual(len(self.listed()), everybody)
        self.search('OPERATOR()')
        named = self.server.ask('goroutines?search=operator()&limit=200')
        wanted = [g['id'] for g in named['goroutines']]
        self.assertIn(self.receiver, wanted)
        self.wait('what was searched for', lambda: sorted(self.listed()) == sorted(wanted))
        self.search('nobody is called so')
        self.wait('nothing', lambda: self.listed() == [])
        self.search('g' + self.receiver)
        self.wait('one', lambda: self.listed() == [self.receiver])
        self.find('#found-table tbody tr').click()
        self.opened(self.receiver)
        known = self.server.ask('goroutine/' + self.receiver)
        self.assertEqual(self.find('#goroutine h2').text,
                         'G' + self.receiver + ' ' + known['function'])
        self.assertEqual(len(self.all('#creation-stack li')), len(known['creation_stack']))
        self.assertIn('let_wait', self.find('#creation-stack').text)

        moments = self.uninterrupted(self.moments())
        self.assertEqual(
            [event for event, _, _ in moments],
            ['GoCreate', 'GoStart', 'GoBlock', 'GoUnblock', 'GoStart', 'GoDestroy'])
        self.assertRegex(moments[0][1], r'^runnable, created by G1\b')
        self.assertRegex(moments[1][1], r'^running on P\d+$')
        self.assertEqual(moments[2][1], 'blocked: chan receive')
        self.assertRegex(moments[3][1], r'^runnable, unblocked by G1\b')
        function, place = self.stack_of(moments[2][2])[0]
        self.assertRegex(function, r'\bwaits_to_receive\b')
        self.assertTrue(
            place.endswith(f'trace_symbolize.cc:{self.lines["waits_to_receive"]}'), place)
        frames = self.stack_of(moments[3][2])
        sender = [place for function, place in frames if re.search(r'\bsends\b', function)]
        self.assertEqual([place.split(':')[-1] for place in sender], [str(self.lines['sends'])])

        # On to who unblocked it, at that time; and from there to the timeline.
        moments[3][2].find_element(By.CSS_SELECTOR, '.goroutine').click()
        self.opened('1')
        when = int(self.find('.moments > li.here').get_attribute('data-time'))
        unblocked = next(m for m in self.server.ask(
            f'goroutine/{self.receiver}/history')['moments'] if m['event'] == 'GoUnblock')
        self.assertLessEqual(when, unblocked['time_ns'])
        self.assertTrue(self.view()['from'] <= unblocked['time_ns'] <= self.view()['to'])
        self.key(Keys.ESCAPE)
        self.wait('the list', lambda: self.find('#list').is_displayed())
        self.finish()

    def test_zoom_and_move(self):
        whole = self.span()
        width = self.canvas().size['width']
        at = width / 4
        before = self.view()['from'] + whole / 4
        origin = ScrollOrigin.from_element(self.canvas(), round(at - width / 2), 0)
        self.moved('zoomed', lambda: ActionChains(self.browser).scroll_from_origin(
            origin, 0, -200).perform())
        self.assertLess(self.span(), whole * 0.7)
        after = self.view()['from'] + self.span() / 4
        self.assertLess(abs(after - before), self.span() / width * 2)  # pixels
        span = self.span()
        self.moved('zoomed by key', lambda: self.key('+'))
        self.assertAlmostEqual(self.span() / span, 0.5, places=3)
        self.moved('zoomed by key', lambda: self.key('+'))
        view = self.view()
        self.moved('moved by key', lambda: self.key(Keys.ARROW_RIGHT))
        self.assertAlmostEqual((self.view()['from'] - view['from']) / self.span(), 0.2, places=2)
        self.moved('moved by key', lambda: self.key(Keys.ARROW_LEFT))
        view = self.view()
        self.moved('dragged', lambda: self.mouse(width / 2, 40).click_and_hold().move_by_offset(
            -100, 0).release().perform())
        shift = (self.view()['from'] - view['from']) / self.span() * width
        self.assertAlmostEqual(shift, 100, delta=2)
        self.moved('zoomed out', lambda: self.key('-'))
        # As it was, after a reload.
        self.wait('the address', lambda: f'from={self.view()["from"]}' in self.browser.current_url)
        view = self.view()
        self.browser.refresh()
        self.wait('the same place', lambda: self.view() == view)
        self.moved('all', lambda: self.key('0'))
        self.assertEqual(self.span(), whole)
        self.finish(signal.SIGINT)

    def test_click_a_slice_and_pin(self):
        blocked = next(m for m in self.server.ask(
            f'goroutine/{self.receiver}/history')['moments'] if m['event'] == 'GoBlock')
        ran = next(m for m in self.server.ask(
            f'goroutine/{self.receiver}/history')['moments'] if m['event'] == 'GoStart')
        # There by the history, so that what it does on its P is wide enough to be clicked.
        self.search(self.receiver)
        self.wait('one', lambda: self.listed() == [self.receiver])
        self.key(Keys.ENTER)
        self.opened(self.receiver)
        started = next(item for event, _, item in self.moments() if event == 'GoStart')
        self.moved('jumped', lambda: started.find_element(By.CSS_SELECTOR, 'time').click())
        self.assertTrue(self.view()['from'] < ran['time_ns'] < self.view()['to'])
        self.find('#back').click()
        self.wait('the list', lambda: self.find('#list').is_displayed())
        x, y = self.place('p' + ran['proc'], ran['time_ns'] + ran['ns'] / 2)
        self.mouse(x, y).perform()
        self.wait('a tooltip', lambda: self.find('#tip').is_displayed())
        tip = self.find('#tip').text.split('\n')
        self.assertTrue(tip[0].startswith('G' + self.receiver + ' '), tip)
        self.assertTrue(tip[1].startswith(f'running on P{ran["proc"]} for '), tip)
        self.mouse(x, y).click().perform()
        self.opened(self.receiver)
        self.assertEqual(int(self.find('.moments > li.here').get_attribute('data-time')),
                         ran['time_ns'])

        row = 'g' + self.receiver
        self.key('p')
        self.wait('its row', lambda: self.all(f'.label[data-row="{row}"]'))
        self.moved('moved', lambda: self.key('-'))
        x, y = self.place(row, min(blocked['time_ns'] + blocked['ns'] / 2,
                                   (blocked['time_ns'] + self.view()['to']) / 2))
        self.mouse(x, y).perform()
        self.wait('what it waits for', lambda: self.find('#tip').is_displayed() and
                  self.find('#tip').text.startswith('blocked: chan receive for '))
        self.find(f'.label[data-row="{row}"] button').click()
        self.wait('no row', lambda: not self.all(f'.label[data-row="{row}"]'))
        self.finish()

    def test_functions_help_and_theme(self):
        self.find('#by-function').click()
        functions = self.server.ask('summary')['functions']
        self.wait('functions', lambda: len(self.all('#found-table tbody tr')) == len(functions))
        self.all('#found-table tbody tr')[0].click()
        self.wait('its goroutines', lambda: 'goroutine' in self.find('#found').text
                  and all(self.listed()))
        self.find('#rows').click()
        self.key('?')
        self.wait('keys', lambda: self.find('#keys').is_displayed())
        self.key(Keys.ESCAPE)
        self.wait('no keys', lambda: not self.find('#keys').is_displayed())

        def back():
            return self.find('body').value_of_css_property('background-color')
        before = back()
        self.find('#theme').click()
        self.wait('other colors', lambda: back() != before)
        self.finish()

    def test_cut_off(self):
        self.finish()
        broken = os.path.join(work, 'broken.trace')
        subprocess.run([make_trace, broken, '300000'], check=True)
        os.truncate(broken, os.path.getsize(broken) * 2 // 3)
        self.serve(broken)
        told = self.find('#problems').text
        errors = self.finish()
        offset = re.search(r'offset (\d+): ', errors)[1]
        self.assertIn(f'offset {offset}: ', told)
        self.assertIn('What could be read is shown.', told)

    def test_server_ended(self):
        self.finish()
        self.search(self.receiver)
        self.wait('word of it', lambda: self.find('#problems').is_displayed())
        self.assertIn('The server does not answer', self.find('#problems').text)

    def test_names_are_text(self):
        self.finish()
        hostile = os.path.join(work, '<img src=x onerror=document.title=1>.trace')
        shutil.copy(self.trace, hostile)
        self.serve(hostile)
        self.assertEqual(self.find('#file').text, hostile)
        self.assertEqual(self.all('img'), [])
        self.finish()


class Million(Page):
    """On a million events."""

    def test_whole_and_parts(self):
        trace = os.path.join(work, 'million.trace')
        subprocess.run([make_trace, trace, '1200000'], check=True)
        said = json.loads(subprocess.run([gander, 'trace', '--json', '--each', trace], check=True,
                                         text=True, capture_output=True).stdout)
        self.assertGreater(said['events'], 1_000_000)
        self.serve(trace)
        self.assertIn(f'{said["events"]:,} events', self.find('#facts').text)

        # The one that ran longest, with the times that the summary has.
        longest = max(said['each_goroutine'], key=lambda g: (g['running_ns'], -g['goroutine']))
        self.assertEqual(self.listed()[0], str(longest['goroutine']))
        found = self.server.ask('goroutine/' + self.listed()[0])
        for member in ('running_ns', 'runnable_ns', 'syscall_ns', 'blocked_ns'):
            self.assertEqual(found[member], longest[member])

        origin = ScrollOrigin.from_element(self.canvas(), 0, 0)
        whole = self.span()
        while self.span() > whole / 1e5:
            self.moved('zoomed', lambda: ActionChains(self.browser).scroll_from_origin(
                origin, 0, -200).perform())
        self.all('#found-table tbody tr')[0].click()
        self.opened(str(longest['goroutine']))
        self.key('p')
        self.wait('its row', lambda: self.all('.label[data-row^="g"]'))
        self.moved('all', lambda: self.key('0'))
        self.find('button[title="last"]').click()
        total = found['moments']
        self.wait('the end of its history', lambda: self.find('.pages').text.replace(',', '')
                  .find(f'{total} of {total}') >= 0)
        sizes = self.browser.execute_script(
            'return performance.getEntriesByType("resource").map(e => [e.name, e.decodedBodySize])')
        timelines = [size for name, size in sizes if '/api/timeline' in name]
        self.assertGreater(len(timelines), 10)
        self.assertLessEqual(max(size for _, size in sizes), MOST_BYTES)
        self.finish()


if __name__ == '__main__':
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    Page.browser = start_browser()
    try:
        result = unittest.main(argv=sys.argv[:1] + sys.argv[5:], exit=False, verbosity=2).result
    finally:
        Page.browser.quit()
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
