//! Starting, signalling and awaiting processes.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at while waiting for it.
const POLL_EVERY: Duration = Duration::from_millis(10);

/// What a server understands; the numbers are those of signal(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Disconnect everyone, write a checkpoint, end.
    FastStop,
    /// End at once; the next start replays the log.
    ImmediateStop,
    /// The kernel ends it.
    Kill,
}

impl Signal {
    fn number(self) -> libc::c_int {
        match self {
            Signal::FastStop => libc::SIGINT,
            Signal::ImmediateStop => libc::SIGQUIT,
            Signal::Kill => libc::SIGKILL,
        }
    }
}

/// Sends `signal` to one process, which may have ended meanwhile.
pub(crate) fn send(signal: Signal, pid: u32) {
    let _ = kill(pid, signal.number());
}

/// Whether any process has this number, including one that ended but was not awaited.
pub(crate) fn exists(pid: u32) -> bool {
    kill(pid, 0).map_or_else(|error| error.kind() == io::ErrorKind::PermissionDenied, |()| true)
}

#[allow(unsafe_code)] // kill touches no memory; the guard keeps out 0 and negative numbers, which mean groups
fn kill(pid: u32, signal: libc::c_int) -> io::Result<()> {
    let Some(pid) = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 1) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    match unsafe { libc::kill(pid, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Looks every few milliseconds until `condition` yields something or `limit` has passed.
pub(crate) fn wait_for<T>(limit: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = condition() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(POLL_EVERY);
    }
}

/// Waits for the end of a child. `None`: it still runs after `limit`.
pub(crate) fn wait_for_end(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    wait_for(limit, || child.try_wait().transpose()).transpose()
}

/// Starts `command` so that the kernel sends it `at_death` when this process dies, however it dies (Linux only;
/// elsewhere the next owner of the data directory finds what was left).
///
/// It also gets a process group of its own: Ctrl-C in a terminal is for the owner, which stops the server last.
pub(crate) fn spawn(mut command: Command, at_death: Signal) -> io::Result<Child> {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    die_with_parent(&mut command, at_death);
    let (reply, answer) = mpsc::channel();
    spawner()?.send((command, reply)).map_err(|_| spawner_is_gone())?;
    answer.recv().map_err(|_| spawner_is_gone())?
}

type Job = (Command, mpsc::Sender<io::Result<Child>>);

/// The kernel's "parent" is the *thread* that forked: a child started from a pooled thread would be told to stop when
/// the pool retires that thread. So every child is started by one thread that lives as long as the process.
fn spawner() -> io::Result<mpsc::Sender<Job>> {
    static SPAWNER: Mutex<Option<mpsc::Sender<Job>>> = Mutex::new(None);
    let mut spawner = SPAWNER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(jobs) = &*spawner {
        return Ok(jobs.clone());
    }
    let (jobs, received) = mpsc::channel::<Job>();
    thread::Builder::new().name("postgres-spawner".into()).spawn(move || {
        for (mut command, reply) in received {
            // Whoever asked may have given up; then the child is dropped, and found by the next owner.
            let _ = reply.send(command.spawn());
        }
    })?;
    *spawner = Some(jobs.clone());
    Ok(jobs)
}

fn spawner_is_gone() -> io::Error {
    io::Error::other("the thread that starts PostgreSQL has ended")
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)] // between fork and exec only prctl and getppid are called, both async-signal-safe, no allocation
fn die_with_parent(command: &mut Command, at_death: Signal) {
    use std::os::unix::process::CommandExt;
    let (parent, signal) = (std::process::id(), at_death.number());
    // std runs this after its setuid, which would have cleared the setting.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, signal) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the call above; nobody would ever signal this process.
            if u32::try_from(libc::getppid()) != Ok(parent) {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command, _at_death: Signal) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_init_are_never_signalled() {
        assert!([0, 1, u32::MAX].iter().all(|pid| kill(*pid, 0).is_err()));
        assert!(exists(std::process::id()));
    }

    #[test]
    fn a_child_outlives_the_thread_that_asked_for_it() {
        let ask = || {
            let mut command = Command::new("cat");
            command.stdin(std::process::Stdio::piped());
            spawn(command, Signal::Kill).unwrap()
        };
        let mut child = thread::spawn(ask).join().unwrap();
        // End of input is the only thing that ends it, so the exit status tells a signal from a normal end.
        drop(child.stdin.take());
        let status = wait_for_end(&mut child, Duration::from_secs(60)).unwrap().unwrap();
        assert!(status.success(), "{status}");
    }
}
