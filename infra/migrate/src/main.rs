//! `filmroom-migrate`: for whoever operates a stack. docs/OPERATIONS.md goes through both commands.
//!
//! It reads the variables that the functions have, and those of every AWS program for region and credentials.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use service::config::CalledBy;
use service::db::migrator::{Counts, Kind, Migrator, Options, Report};
use service::db::rewrite::{self, Rewrite};
use service::lambda;

const USAGE: &str = "\
filmroom-migrate            moves what is in the tables of an older version into the new ones (OLD_TABLES=on)
filmroom-migrate rewrite    writes every record again as this version writes it, for an index that is new
filmroom-migrate read-again has DICOM files that an older version processed read again: maintenance does it, from its next run on

  --dry-run    only counts what would be done
  --rate N     rows a second at the most; 500 unless it is given";
const RATE: u32 = 500;
/// How often the program prints how far it is.
const EVERY: Duration = Duration::from_secs(5);

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Move,
    Rewrite,
    ReadAgain,
}

struct Asked {
    work: Work,
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    let asked = match read(std::env::args().skip(1)) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            eprintln!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&asked).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}\nNothing is lost: run it again, and it goes on where it was.");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for; `None` for how to ask.
fn read(arguments: impl Iterator<Item = String>) -> Result<Option<Asked>, String> {
    let mut asked = Asked {
        work: Work::Move,
        options: Options {
            rate: Some(RATE),
            dry_run: false,
        },
    };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "rewrite" => asked.work = Work::Rewrite,
            "read-again" => asked.work = Work::ReadAgain,
            "--dry-run" => asked.options.dry_run = true,
            "--rate" => {
                let rate = arguments.next().and_then(|rate| rate.parse().ok());
                let rate = rate.filter(|rate| *rate > 0);
                asked.options.rate = Some(rate.ok_or("--rate needs a number of rows a second")?);
            }
            other => return Err(format!("{other} is not known")),
        }
    }
    Ok(Some(asked))
}

async fn run(asked: &Asked) -> Result<ExitCode, String> {
    let text = |error: service::error::Error| service::error::chain(&error);
    let app = lambda::app(CalledBy::Events).await;
    let app = app.map_err(|error| error.to_string())?;
    let told = Mutex::new(Instant::now());
    let is_time = || {
        let mut told = told
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_time = told.elapsed() >= EVERY;
        if is_time {
            *told = Instant::now();
        }
        is_time
    };
    let verb = match (asked.work, asked.options.dry_run) {
        (Work::ReadAgain, true) => "would make due",
        (Work::ReadAgain, false) => "made due",
        (_, true) => "would write",
        (_, false) => "wrote",
    };
    if asked.work != Work::Move {
        let line = |report: &rewrite::Report| {
            eprintln!(
                "{verb} {}; {} are as they should be, {} are of a newer version",
                report.written, report.same, report.newer
            );
        };
        let progress = |report: &rewrite::Report| {
            if is_time() {
                line(report);
            }
        };
        let rewrite = if asked.work == Work::ReadAgain {
            Rewrite::of_unread(&app.files, asked.options)
        } else {
            Rewrite::new(&app.files, asked.options)
        };
        let report = rewrite.run(progress).await;
        line(&report.map_err(text)?);
        return Ok(ExitCode::SUCCESS);
    }
    let migrator = Migrator::new(&app.files, asked.options).map_err(text)?;
    let progress = |report: &Report| {
        if is_time() {
            eprintln!(
                "{verb} {} rows in {} s",
                report.written(),
                report.took_ms / 1000
            );
        }
    };
    let report = migrator.run(progress).await.map_err(text)?;
    Ok(tell(&report, asked.options.dry_run))
}

/// The report; not a success while there are conflicts.
fn tell(report: &Report, is_dry: bool) -> ExitCode {
    let copied = if is_dry { "to copy" } else { "copied" };
    for (title, counts) in [("copying", &report.copying), ("checking", &report.checking)] {
        for (kind, counts) in Kind::ALL.iter().zip(counts) {
            if *counts != Counts::default() {
                eprintln!(
                    "{title} {}: {} {copied}, {} there already, {} {copied} again, {} in conflict",
                    kind.name(),
                    counts.copied,
                    counts.there,
                    counts.again,
                    counts.conflicts
                );
            }
            for id in &counts.conflicting {
                eprintln!("  conflict: {id}");
            }
        }
    }
    eprintln!("{} s", report.took_ms / 1000);
    if report.conflicts > 0 {
        eprintln!(
            "{} rows are in conflict and were left alone",
            report.conflicts
        );
        return ExitCode::FAILURE;
    }
    if !is_dry {
        eprintln!("Everything is in the new tables: deploy with OldTables=off.");
    }
    ExitCode::SUCCESS
}
