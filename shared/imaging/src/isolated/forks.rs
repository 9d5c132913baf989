//! The nursery itself: forks a decoder for each order, and sees to its end.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, PipeReader, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use fork::Fork;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::hide;
use super::nursery::{BEGUN, End};

/// Answers orders until whoever gives them is gone, or a decoder ended otherwise than it should. A decoder runs `decode` with the folder of its job and
/// the number of the nursery's process.
pub(super) fn serve(decode: impl Fn(&Path, u32) -> io::Result<()>) -> io::Result<()> {
    hide()?;
    let channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut orders = BufReader::new(channel);
    loop {
        let mut order = String::new();
        orders.read_line(&mut order)?;
        let Some((time, folder)) = order.trim_end_matches('\n').split_once(' ') else {
            return Ok(());
        };
        let time = Duration::from_millis(time.parse().map_err(io::Error::other)?);
        let (ended, ending) = io::pipe()?;
        let nursery = std::process::id();
        match fork::fork()? {
            Fork::Child => {
                drop((orders, ended));
                let done = decode(Path::new(folder), nursery);
                // `ending` is left to the kernel, which closes it when this process can only end as it says here.
                std::process::exit(i32::from(done.is_err()));
            }
            Fork::Parent(decoder) => {
                drop(ending);
                let decoder = Pid::from_raw(decoder).ok_or(io::ErrorKind::InvalidData)?;
                let channel = orders.get_mut();
                writeln!(channel, "{BEGUN}")?;
                let end = watch(decoder, &ended, channel, time)?;
                channel.write_all(end.written().as_bytes())?;
                if end != End::Exit(0) {
                    return Ok(());
                }
            }
        }
    }
}

/// Waits until `decoder` has closed the other end of `ended`, its time is up, or nobody waits for its answer any more, and sees to its end.
fn watch(
    decoder: Pid,
    ended: &PipeReader,
    channel: &UnixStream,
    time: Duration,
) -> io::Result<End> {
    let begun = Instant::now();
    let seen = loop {
        let left = time.saturating_sub(begun.elapsed());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        let mut both = [
            PollFd::new(ended, PollFlags::IN),
            PollFd::new(channel, PollFlags::IN),
        ];
        match poll(&mut both, Some(&left)) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => break both.map(|one| !one.revents().is_empty()),
        }
    };
    // To one that is ending it does nothing. Nobody has waited for it yet, so no other process has its number.
    let _ = kill_process(decoder, Signal::KILL);
    let status = loop {
        match waitpid(Some(decoder), WaitOptions::empty()) {
            Err(Errno::INTR) => {}
            status => break status?,
        }
    };
    match seen {
        [true, _] => Ok(status.map_or(End::Unknown, |(_, status)| {
            let status = ExitStatus::from_raw(status.as_raw());
            End::of(status)
        })),
        [false, true] => Err(io::ErrorKind::BrokenPipe.into()),
        [false, false] => Ok(End::Late),
    }
}

/// What a decoder has instead of the nursery's ways to others.
pub(super) fn leave(last_words: &File) -> io::Result<()> {
    let nothing = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(last_words)?;
    Ok(())
}
