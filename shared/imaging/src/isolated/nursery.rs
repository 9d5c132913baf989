//! A process that lives on for many files and reads none: whatever one file does to its decoder, the next one's has never seen.
//!
//! To start a program takes longer than to read a slice of a scan: it is loaded, linked and moved in memory. So a worker is a *nursery*: it is started
//! once, waits for orders, and forks a decoder for each, which has the started program, limits of its own, and nothing else. The decoder reads one
//! file and ends. The nursery watches it, tells how it ended, and knows of the file not even the name.
//!
//! A decoder that was taken over cannot look into its nursery or another decoder, because their memory is hidden from processes of the same user
//! (`hide`, which a fork keeps), and it has no end of the nursery's channel. All decoders of a nursery lie at the same addresses in memory, which a
//! file that guesses could learn by crashing: so a nursery ends after a decoder that did not end well, and after [`MOST`] files anyway.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::JOB_VARIABLE;

/// Files that a nursery has decoders for.
const MOST: u32 = 256;
/// How long after a decoder's time a nursery may take to say so.
const GRACE: Duration = Duration::from_secs(5);
/// Bytes of a line that it says, at most.
const LINE: u64 = 64;
/// What it says when a decoder has begun.
pub(super) const BEGUN: &str = "begun";
/// What it says when a decoder had to be ended.
const LATE: &str = "late";

/// How a decoder ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Exit(i32),
    Signal(i32),
    /// Its time was up.
    Late,
    /// Nobody knows: its nursery is gone, or says what none says.
    Unknown,
}

impl End {
    pub(super) fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exit(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }

    fn read(line: &str) -> Self {
        let end = match line.split_once(' ') {
            None if line == LATE => Some(Self::Late),
            Some(("exit", code)) => code.parse().ok().map(Self::Exit),
            Some(("signal", signal)) => signal.parse().ok().map(Self::Signal),
            _ => None,
        };
        end.unwrap_or(Self::Unknown)
    }

    pub(super) fn written(self) -> String {
        match self {
            Self::Exit(code) => format!("exit {code}\n"),
            Self::Signal(signal) => format!("signal {signal}\n"),
            Self::Late | Self::Unknown => format!("{LATE}\n"),
        }
    }
}

/// A nursery, as whoever gives it orders sees it. It ends when this is dropped.
pub(super) struct Nursery {
    process: Child,
    channel: BufReader<UnixStream>,
    /// Orders that it may still get.
    left: u32,
}

impl Nursery {
    /// Starts `program`, whose `main` begins with [`serve_if_worker`](super::serve_if_worker).
    pub(super) fn start(program: &mut Command) -> io::Result<Self> {
        let (ours, its) = UnixStream::pair()?;
        let process = program
            .env_clear()
            .env(JOB_VARIABLE, "orders come by standard input")
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(its)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            process,
            channel: BufReader::new(ours),
            left: MOST,
        })
    }

    /// Has a decoder begin with the job in `folder`. If that fails, what can be said of it.
    pub(super) fn begin(&mut self, folder: &Path, max_time: Duration) -> Result<(), End> {
        let order = format!("{} {}\n", max_time.as_millis(), folder.display());
        self.left = self.left.saturating_sub(1);
        let sent = self.channel.get_mut().write_all(order.as_bytes());
        sent.map_err(|_| End::Unknown)?;
        match self.hear(max_time)?.as_str() {
            BEGUN => Ok(()),
            _ => Err(End::Unknown),
        }
    }

    /// How that decoder ended.
    pub(super) fn end(&mut self, max_time: Duration) -> End {
        let heard = self.hear(max_time + GRACE);
        heard.map_or_else(|end| end, |line| End::read(&line))
    }

    /// Whether it gets another order after a decoder that ended so.
    pub(super) fn goes_on(&self, end: End) -> bool {
        end == End::Exit(0) && self.left > 0
    }

    /// The next line of the nursery.
    fn hear(&mut self, within: Duration) -> Result<String, End> {
        // None at all is an error to it.
        let within = within.max(Duration::from_millis(1));
        let limited = self.channel.get_ref().set_read_timeout(Some(within));
        limited.map_err(|_| End::Unknown)?;
        let mut line = String::new();
        // A line is short. Whoever sends more of it sends something else.
        let heard = self.channel.by_ref().take(LINE).read_line(&mut line);
        heard.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => End::Late,
            _ => End::Unknown,
        })?;
        let line = line.strip_suffix('\n').ok_or(End::Unknown)?;
        Ok(line.to_owned())
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        // A decoder of it gets the same signal from the kernel.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
