//! The few calls to the operating system that the standard library does not offer.

use std::io;

use tokio::process::Command;

/// Makes the child its own process group, so that its own children are reached too, and, on Linux, lets the kernel kill it
/// when the *thread* that starts it ends: start it from a thread that lives as long as the process.
pub fn own_group_and_die_with_parent(command: &mut Command) {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    {
        let parent = std::process::id();
        // SAFETY: between fork and exec only async-signal-safe calls are made and nothing is allocated.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(move || {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                    return Err(io::Error::last_os_error());
                }
                // The parent may have ended before the line above.
                if u32::try_from(libc::getppid()) != Ok(parent) {
                    return Err(io::Error::from_raw_os_error(libc::ESRCH));
                }
                Ok(())
            });
        }
    }
}

/// Asks every process of a group to end.
pub fn terminate_group(leader: u32) {
    signal_group(leader, libc::SIGTERM);
}

/// Ends every process of a group.
pub fn kill_group(leader: u32) {
    signal_group(leader, libc::SIGKILL);
}

fn signal_group(leader: u32, signal: i32) {
    // 0 and 1 would mean our own group and every process.
    let Some(group) = i32::try_from(leader).ok().filter(|group| *group > 1) else {
        return;
    };
    // SAFETY: plain system call on a group that we made; a group that is gone is an ignored error.
    #[allow(unsafe_code)]
    unsafe {
        libc::kill(-group, signal);
    }
}

/// Name of this machine, `unknown` when it has none that can be read.
pub fn hostname() -> String {
    let mut buffer = [0_u8; 256];
    // SAFETY: the buffer outlives the call and its length is passed.
    #[allow(unsafe_code)]
    let status = unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len()) };
    let length = buffer.iter().position(|byte| *byte == 0).unwrap_or(buffer.len());
    let name = String::from_utf8_lossy(&buffer[..length]).into_owned();
    if status == 0 && !name.is_empty() {
        name
    } else {
        "unknown".to_owned()
    }
}
