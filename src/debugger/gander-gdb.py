# SPDX-License-Identifier: Apache-2.0
#
# Goroutines in gdb, of live processes and of cores; docs/debugging.md has the user's view.
#
#     info goroutines                  goroutine             $goroutine(N)
#     goroutine N [COMMAND]            goroutine all COMMAND
#
# It knows the runtime by its symbols and the types of its debug information; whatever it reads may
# be the memory of a program that has gone wrong. Nothing of the program is changed, and no code of
# it is called.
#
# The registers of a goroutine that does not run lie on its stack (src/arch/*/switch.S). gdb has to
# be given them without a thread that has them: a thread's own cannot be set in a core, and setting
# them in a live process restarts the system call that it may be in wrongly. So an unwinder claims
# the frame where the selected thread stands (by its pc and sp) and says that it was called by the
# goroutine: from frame 1 on, all that gdb shows is the goroutine's.
import contextlib
import gdb
import gdb.printing
import gdb.unwinder
import re
from gdb.FrameDecorator import FrameDecorator

# By the size of a pointer: what a saved context holds, from its sp upwards, and the name of sp.
CONTEXTS = {
    8: ("r15 r14 r13 r12 rbx rbp rip".split(), "rsp"),
    4: ("edi esi ebx ebp eip".split(), "esp"),
}

# As reports say it; the others are the names of the constants.
WAIT_REASONS = {
    "none": "waiting",
    "chan_receive_nil": "chan receive (nil chan)",
    "chan_send_nil": "chan send (nil chan)",
    "select_no_cases": "select (no cases)",
    "cond_wait": "sync.Cond.Wait",
    "mutex_lock": "sync.Mutex.Lock",
    "rwmutex_rlock": "sync.RWMutex.RLock",
    "rwmutex_lock": "sync.RWMutex.Lock",
    "wait_group_wait": "sync.WaitGroup.Wait",
}

SYSTEM_CALLS = (b"\x0f\x05", b"\xcd\x80", b"\x0f\x34")  # instructions that enter the kernel
# How functions of the library begin, and of the C++ runtime's.
NOT_OWN = ("gander::", "gander_", "std::", "__gnu_cxx::", "__cxa_", "__wrap___cxa_", "_Unwind_")
C_LIBRARY = r"/(libc|libpthread|ld-linux[-a-z0-9]*)[-.][^/]*$"
MOST_FRAMES = 256  # how far we look for a frame
MOST_WAITERS = 16  # how many a printer names


def fail(text):
    raise gdb.GdbError("gander: " + text)


def lookup_type(name):
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        fail("this program has no debug information of the library (no type %s): it was stripped, "
             "or it lies in a package of its own, or Gander is not part of the program" % name)


def variable(name):
    try:
        return gdb.parse_and_eval("'%s'" % name)
    except gdb.error as e:
        fail("%s cannot be read: %s" % (name, e))


def memory(address, size):
    return gdb.selected_inferior().read_memory(address, size).tobytes()


def number(data):
    return int.from_bytes(data, "little")


def raw(value):
    """The number that an atomic, or one of our wrappers, holds."""
    while True:
        kind = value.type.strip_typedefs()
        if kind.code != gdb.TYPE_CODE_STRUCT:
            return int(value)
        value = value[next(f for f in kind.fields() if hasattr(f, "bitpos"))]


class Struct:
    """Where the fields of a type lie. A gdb.Value for each would take seconds for many objects."""

    def __init__(self, name):
        kind = lookup_type(name).strip_typedefs()
        self.size = kind.sizeof
        self.fields = {f.name: (f.bitpos // 8, f.type.sizeof)
                       for f in kind.fields() if hasattr(f, "bitpos")}

    def at(self, address):
        return Object(self, memory(address, self.size), 0)


class Object:
    """One object of a Struct, as it was when it was read: its fields are plain numbers."""

    def __init__(self, struct, data, base):
        self._struct, self._data, self._base = struct, data, base

    def __getattr__(self, name):
        offset, size = self._struct.fields[name]
        return number(self._data[self._base + offset:self._base + offset + size])


def constants(name):
    return {f.enumval: f.name.rsplit("::", 1)[-1] for f in lookup_type(name).fields()}


class Runtime:
    """The library in the program, read anew for every command."""

    def __init__(self):
        if gdb.selected_inferior().pid == 0:
            fail("the program is not being run")
        if gdb.selected_thread() is None:
            fail("there is no thread")
        self.record = Struct("gander::g_record")
        self.g = Struct("gander::G")
        self.m = Struct("gander::M")
        self.statuses = constants("gander::g_status")
        self.reasons = constants("gander::wait_reason")
        self.sched = variable("gander::sched")
        self.world = raw(self.sched["world"])
        self.now_ns = raw(self.sched["coarse_now_ns"])
        self.threads = {t.ptid[1]: t for t in gdb.selected_inferior().threads()}

    def goroutines(self):
        """Those that a report would show, by number."""
        table = "gander::g_table::(anonymous namespace)::"
        count = raw(variable(table + "used"))
        data = memory(raw(variable(table + "table")), count * self.record.size) if count else b""
        records = (Object(self.record, data, i * self.record.size) for i in range(count))
        found = [Goroutine(self, r) for r in records if self.is_live(r)]
        return sorted(found, key=lambda g: g.id)

    def is_live(self, record):
        if record.goid == 0 or self.statuses.get(record.status) in ("dead", "idle"):
            return False
        if not record.foreign:
            return record.world == self.world
        m = Goroutine(self, record).m()
        return m is None or not m.is_sysmon

    def find(self, goid):
        for g in self.goroutines():
            if g.id == goid:
                return g
        fail("there is no goroutine %d" % goid)

    def current(self):
        """The goroutine of the selected thread, or None."""
        view = unwinder.active()
        if view is not None:
            return self.find(view.goroutine.id)
        tid = gdb.selected_thread().ptid[1]
        at = raw(self.sched["all_ms"])
        while at != 0:
            m = self.m.at(at)
            if m.tid == tid and not m.exited and not m.is_sysmon and m.curg != 0:
                return self.find(self.g.at(m.curg).goid)
            at = m.all_next
        return None


class Goroutine:
    def __init__(self, runtime, record):
        self.runtime, self.record, self.id = runtime, record, record.goid

    def g(self):
        return self.runtime.g.at(self.record.g)

    def m(self):
        at = self.g().m if self.record.g != 0 else 0
        return self.runtime.m.at(at) if at != 0 else None

    def thread(self):
        """The thread on which it runs; None when it is parked, or that thread is gone."""
        if self.runtime.statuses.get(self.record.status) != "running" and not self.record.foreign:
            return None
        m = self.m()
        return self.runtime.threads.get(m.tid) if m is not None else None

    def status(self, frame=None):
        """In the words of a report. `frame` is where a running one stands, if that is known."""
        status = self.runtime.statuses.get(self.record.status, "in no known state")
        if status == "running" and frame is not None and in_system_call(frame):
            return "syscall"
        if status != "waiting":
            return status
        reason = self.runtime.reasons.get(self.record.reason, "waiting")
        return WAIT_REASONS.get(reason, reason.replace("_", " "))

    def header(self, frame=None):
        text = self.status(frame)
        if text not in ("running", "syscall", "runnable"):
            # In units of 67 ms, and of 32 bits: wait_clock() in sched/g.h.
            units = ((self.runtime.now_ns >> 26) - self.record.wait_since) & 0xFFFFFFFF
            minutes = (units << 26) // 60000000000 if units < 1 << 31 else 0
            if minutes > 0:
                text += ", %d minutes" % minutes
        if self.record.locked_to_thread or self.record.foreign:
            text += ", locked to thread"
        name = self.name()
        return "[%s]%s" % (text, ' "%s"' % name if name else "")

    def name(self):
        if self.record.g == 0 or self.record.foreign or self.id == 1:  # as reports
            return ""
        at = self.g().name
        if at == 0:
            return ""
        try:
            return gdb.Value(at).cast(lookup_type("char").pointer()).string(length=-1)[:64]
        except (gdb.error, UnicodeDecodeError):
            return ""

    def owns(self, sp):
        g = self.g()
        return g.guard_low <= sp < g.stack_high

    @contextlib.contextmanager
    def entered(self):
        """Makes gdb's frames those of the goroutine, as long as the context lasts, and gives the
        innermost that is on its stack."""
        with restored():
            thread = self.thread()
            if thread is not None:
                thread.switch()
                unwinder.show(None)
                yield self.frame_on_thread()
            else:
                unwinder.show(View(self, self.record.sp))
                yield unwinder.first_frame()

    def frame_on_thread(self):
        """A thread is beyond its goroutine's stack in a signal handler, whose frames end there, and
        on the scheduler's stack: then the context has been saved."""
        newest = gdb.newest_frame()
        if self.record.foreign:
            return newest
        for frame in chain(newest):
            if self.owns(stack_pointer(frame)):
                return frame
        saved = self.g().sp
        if not self.owns(saved):
            return newest
        unwinder.show(View(self, saved))
        return unwinder.first_frame()


def chain(frame):
    for _ in range(MOST_FRAMES):
        if frame is None:
            return
        yield frame
        frame = frame.older()


def number_of(frame, register):
    return int(frame.read_register(register)) % (1 << 64)


def stack_pointer(frame):
    return number_of(frame, "sp")


def pointer_size():
    return gdb.lookup_type("char").pointer().sizeof


def in_system_call(frame):
    """The pc is behind the instruction, or at it: the call was interrupted and starts anew."""
    try:
        code = memory(frame.pc() - 2, 4)
    except gdb.error:
        return False
    return code[:2] in SYSTEM_CALLS or code[2:] in SYSTEM_CALLS


def is_own(frame):
    """Whether a frame is the program's, with lines."""
    return (frame.find_sal().symtab is not None
            and not (frame.name() or "").startswith(NOT_OWN)
            and not re.search(C_LIBRARY, gdb.solib_name(frame.pc()) or ""))


def own_frame(frame):
    """The first of the program's own from here on; this one, if there is none."""
    return next(filter(is_own, chain(frame)), frame)


def place(frame):
    line, name = frame.find_sal(), frame.name() or "0x%x" % frame.pc()
    if name.startswith("operator()") and frame.type() == gdb.NORMAL_FRAME:
        # Of which lambda, only the linker's symbol tells.
        symbol = gdb.execute("info symbol 0x%x" % frame.pc(), to_string=True)
        name = re.sub(r"( \+ \d+)? in section .*\n", "", symbol)
    return "%s at %s:%d" % (name, line.symtab.filename, line.line) if line.symtab else name


class Places:
    """Where parked goroutines stand in the program's own code. Most stand where others do, so what
    gdb has found out about the frames of one, how far away the caller's is, is used for all: that
    takes microseconds instead of a millisecond. (What lies between a context and own code is the
    library's, with frames of fixed size; a wrong step ends at a pc that is not known.)"""

    def __init__(self):
        self.distances, self.known = {}, {}

    def of(self, goroutine):
        view = View(goroutine, goroutine.record.sp)
        pc, sp, size = view.pc, view.sp, pointer_size()
        try:
            while pc in self.distances:
                sp += self.distances[pc]
                pc = number(memory(sp - size, size))
        except gdb.error:
            pass
        return self.known.get(pc) or self.learn(goroutine)

    def learn(self, goroutine):
        with goroutine.entered() as frame:
            distances = {}
            for f in chain(frame):
                if is_own(f):
                    self.distances.update(distances)
                    return self.known.setdefault(f.pc(), place(f))
                caller = f.older()
                if caller is not None and stack_pointer(caller) > stack_pointer(f):
                    distances[f.pc()] = stack_pointer(caller) - stack_pointer(f)
            return place(frame)


@contextlib.contextmanager
def restored():
    """Leaves the selection as it was: the thread, the frame, the goroutine."""
    thread, view = gdb.selected_thread(), unwinder.view
    level = gdb.selected_frame().level()
    try:
        yield
    finally:
        if thread.is_valid():
            thread.switch()
            unwinder.show(view)
            frame = gdb.newest_frame()
            while frame is not None and frame.level() < level:
                frame = frame.older()
            if frame is not None:
                frame.select()


# ---- saved contexts as frames


class View:
    """A saved context as the caller of the frame where the selected thread stands."""

    def __init__(self, goroutine, context):
        self.goroutine, self.context = goroutine, context
        size = pointer_size()
        names, self.sp_name = CONTEXTS[size]
        self.pc_name = names[-1]
        try:
            data = memory(context, len(names) * size)
        except gdb.error:
            fail("the context of goroutine %d cannot be read" % goroutine.id)
        self.registers = [(name, number(data[i * size:(i + 1) * size]))
                          for i, name in enumerate(names)]
        self.pc = self.registers[-1][1]
        self.sp = context + len(names) * size
        self.registers.append((self.sp_name, self.sp))
        self.thread_sp = None  # of the thread in whose place it stands


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Unwinder(gdb.unwinder.Unwinder):
    def __init__(self):
        super().__init__("gander-goroutine")
        self.view = None
        gdb.events.cont.connect(self.program_runs)
        gdb.events.exited.connect(self.program_runs)

    def program_runs(self, event):
        self.view = None

    def show(self, view):
        """From now on frames are those of the view; None: those of the threads."""
        self.view = None
        gdb.invalidate_cached_frames()
        if view is None:
            return
        if view.thread_sp is None:  # else it is that of the thread where it was first shown
            view.thread_sp = stack_pointer(gdb.newest_frame())
        self.view = view
        gdb.invalidate_cached_frames()

    def active(self):
        """The view, if it is the selected thread's."""
        view = self.view
        if view is None or stack_pointer(gdb.newest_frame()) != view.thread_sp:
            return None
        return view

    def first_frame(self):
        """The newest of the goroutine. Inlined functions may stand before the thread's frame."""
        for frame in chain(gdb.newest_frame()):
            if stack_pointer(frame) == self.view.sp:
                return frame
        fail("gdb does not show the frames of goroutine %d" % self.view.goroutine.id)

    def __call__(self, pending):
        view = self.view
        if view is None:
            return None
        if number_of(pending, view.sp_name) != view.thread_sp:
            return None
        # gdb takes a caller for the younger one, and the stack for corrupt, if its id lies below.
        word = gdb.lookup_type("unsigned long")
        pc = pending.read_register(view.pc_name)
        info = pending.create_unwind_info(FrameId(gdb.Value(view.context).cast(word), pc))
        for name, value in view.registers:
            info.add_saved_register(name, gdb.Value(value).cast(word))
        return info


class ThreadFrame(FrameDecorator):
    """Frame 0 of a goroutine that does not run: the thread's, which is not of interest."""

    def __init__(self, frame, goroutine):
        super().__init__(frame)
        self.goroutine = goroutine

    def function(self):
        return "goroutine %d %s" % (self.goroutine.id, self.goroutine.header())

    def nothing(self):
        return None

    address = filename = line = frame_args = frame_locals = nothing


class FrameFilter:
    """In backtraces, shows as frame 0 what they are of."""

    def __init__(self):
        self.name, self.priority, self.enabled = "gander-goroutine", 100, True
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        view = unwinder.active()
        return frames if view is None else self.without_thread(frames, view)

    def without_thread(self, frames, view):
        before = True
        for decorated in frames:
            frame = decorated.inferior_frame()
            if before and stack_pointer(frame) != view.sp:
                thread_frame = frame
                continue
            if before:
                before = False
                yield ThreadFrame(thread_frame, view.goroutine)
            yield decorated


# ---- commands


@contextlib.contextmanager
def plain_errors():
    """What goes wrong in a command is not told as an error of the script's."""
    try:
        yield
    except gdb.error as e:
        raise gdb.GdbError(str(e)) from None


class InfoGoroutines(gdb.Command):
    """List all goroutines: number, state or what it waits for, innermost function of the program.
Those that run on a thread are marked by an asterisk."""

    def __init__(self):
        super().__init__("info goroutines", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        if argument:
            raise gdb.GdbError("info goroutines takes no argument")
        with plain_errors():
            self.list(Runtime())

    def list(self, runtime):
        places = Places()
        for goroutine in runtime.goroutines():
            mark = " " if goroutine.thread() is None else "*"
            try:
                text = self.describe(goroutine, places)
            except (gdb.error, gdb.GdbError) as e:
                text = "%s: %s" % (goroutine.header(), e)
            print("%s %-4d %s" % (mark, goroutine.id, text))

    def describe(self, goroutine, places):
        if goroutine.thread() is None:
            return "%s %s" % (goroutine.header(), places.of(goroutine))
        with goroutine.entered() as frame:
            return "%s %s" % (goroutine.header(frame), place(own_frame(frame)))


class GoroutineCommand(gdb.Command):
    """Work on a goroutine.

goroutine              Which one the selected thread runs.
goroutine N            Select goroutine N: frames are its frames, until the program
                       goes on, or "goroutine off".
goroutine N COMMAND    One command on goroutine N: goroutine 7 bt.
goroutine all COMMAND  One command on each.
goroutine off          Back to the threads.

N may be any expression without a space. The frame that is selected for a command
is the innermost of the program's own. Frame 0 of a goroutine that is not running is
where the selected thread stands."""

    def __init__(self):
        super().__init__("goroutine", gdb.COMMAND_STACK, gdb.COMPLETE_COMMAND)

    def invoke(self, argument, from_tty):
        with plain_errors():
            self.run(argument, from_tty)

    def run(self, argument, from_tty):
        which, _, command = argument.strip().partition(" ")
        if which == "off" and not command:
            unwinder.show(None)
        elif which == "all" and command:
            self.on_all(command, from_tty)
        elif which == "all":
            raise gdb.GdbError("goroutine all COMMAND")
        elif not which:
            self.show_current()
        else:
            goroutine = Runtime().find(int(gdb.parse_and_eval(which)))
            self.on_one(goroutine, command, from_tty) if command else self.select(goroutine)

    def show_current(self):
        goroutine = Runtime().current()
        if goroutine is None:
            print("The selected thread runs no goroutine.")
        else:
            print("goroutine %d %s" % (goroutine.id, goroutine.header()))

    def on_one(self, goroutine, command, from_tty, title=False):
        with goroutine.entered() as frame:
            if title:
                print("\nGoroutine %d %s:" % (goroutine.id, goroutine.header(frame)))
            own_frame(frame).select()
            gdb.execute(command, from_tty)

    def on_all(self, command, from_tty):
        for goroutine in Runtime().goroutines():
            try:
                self.on_one(goroutine, command, from_tty, title=True)
            except (gdb.error, gdb.GdbError) as e:  # the others may be well
                print(e)

    def select(self, goroutine):
        thread = goroutine.thread()
        if thread is not None:
            thread.switch()
            unwinder.show(None)
            frame = goroutine.frame_on_thread()
        else:
            unwinder.show(View(goroutine, goroutine.record.sp))
            frame = unwinder.first_frame()
        own_frame(frame).select()
        print("[Switching to goroutine %d %s]" % (goroutine.id, goroutine.header(frame)))
        gdb.execute("frame")


class GoroutineFunction(gdb.Function):
    """The runtime's record of a goroutine, a gander::G*: $goroutine(N); of the selected thread's
goroutine without an argument, null if it has none."""

    def __init__(self):
        super().__init__("goroutine")

    def invoke(self, number=None):
        runtime = Runtime()
        goroutine = runtime.current() if number is None else runtime.find(int(number))
        address = goroutine.record.g if goroutine is not None else 0
        return gdb.Value(address).cast(lookup_type("gander::G").pointer())


# ---- printers of what goroutines wait for


def waiters(what, queue):
    """", goroutines 3 and 4 wait to receive" """
    ids, at = [], queue["head"]
    g = Struct("gander::G")
    while int(at) != 0 and len(ids) < MOST_WAITERS:
        ids.append(str(g.at(int(at["g"])).goid))
        at = at["next"]
    if not ids:
        return ""
    if int(at) != 0:
        ids.append("more")
    if len(ids) == 1:
        return ", goroutine %s waits%s" % (ids[0], what)
    return ", goroutines %s and %s wait%s" % (", ".join(ids[:-1]), ids[-1], what)


def own_function(pc):
    """The program's own function at a return address, None where there is none. (Of a call that was
    inlined there gdb tells the line for frames alone.)"""
    block = gdb.block_for_pc(pc - 1)
    while block is not None and not block.is_global:
        if block.function is not None and not block.function.name.startswith(NOT_OWN):
            return block.function.name
        block = block.superblock
    return None


def holder(deed):
    """" by goroutine 9 in f(int)": who has locked it, and where"""
    who = raw(deed["who"])
    text = " by a thread"
    if who != 0:  # the index of its record, and half of its number: sched/who.h
        struct = Struct("gander::g_record")
        table = raw(variable("gander::g_table::(anonymous namespace)::table"))
        goid, low = struct.at(table + ((who >> 32) - 1) * struct.size).goid, who & 0xffffffff
        text = " by goroutine %d" % (goid if goid & 0xffffffff == low else low)
    places = [raw(deed[name]) for name in ("place", "outer", "outermost")]
    functions = filter(None, (own_function(pc) for pc in places if pc != 0))
    return text + next((" in " + function for function in functions), "")


def describe_chan(core):
    text = "%d of %d values" % (raw(core["count"]), int(core["capacity"]))
    if raw(core["closed"]):
        text += ", closed"
    return (text + waiters(" to receive", core["receivers"])
            + waiters(" to send", core["senders"]))


def describe_handle(handle):
    core = handle["handle_"]["core_"]
    return "nil" if int(core) == 0 else "0x%x: %s" % (int(core), describe_chan(core.dereference()))


def describe_mutex(mutex):
    locked = raw(mutex["state_"]) & 1
    return ("locked" + holder(mutex["holder_"]) if locked else
            "unlocked") + waiters("", mutex["waiters_"])


def describe_shared_mutex(mutex):
    state = raw(mutex["state_"])
    readers = "locked by %d to read" % (state >> 2) if state >> 2 else "unlocked"
    text = "locked" + holder(mutex["writer_"]) if state & 1 else readers
    return text + waiters(" to read", mutex["readers_"]) + waiters(" to write", mutex["writers_"])


def describe_wait_group(group):
    return "%d to be done%s" % (raw(group["state_"]) >> 1, waiters("", group["waiters_"]))


def printer(describe):
    class Printer:
        def __init__(self, value):
            self.value = value

        def to_string(self):
            try:
                return describe(self.value)
            except (gdb.error, gdb.GdbError) as e:
                return "unreadable: %s" % e
    return Printer


printers = gdb.printing.RegexpCollectionPrettyPrinter("gander")
for name, pattern, describe in (
        ("chan", r"^gander::(chan|send_chan|recv_chan)<.*>$", describe_handle),
        ("chan_core", r"^gander::internal::chan_core$", describe_chan),
        ("mutex", r"^gander::(timed_)?mutex$", describe_mutex),
        ("shared_mutex", r"^gander::shared_mutex$", describe_shared_mutex),
        ("wait_group", r"^gander::wait_group$", describe_wait_group)):
    printers.add_printer(name, pattern, printer(describe))
gdb.printing.register_pretty_printer(None, printers, replace=True)

unwinder = Unwinder()
gdb.unwinder.register_unwinder(None, unwinder, replace=True)
FrameFilter()
InfoGoroutines()
GoroutineCommand()
GoroutineFunction()
