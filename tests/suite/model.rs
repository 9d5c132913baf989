//! The model test: random histories of several users on the whole service, and beside it a small model of what it must be.
//!
//! One thread plays a history: the engines are called without sockets, pictures are decoded in this process, the clock stands still unless a step
//! moves it. So a seed is a history, and its trace is the same each time. A history that fails is made shorter, and printed with the command that
//! plays it again.
//!
//! - [`step`] what can happen · [`draw`] draws it · [`content`] the files · [`world`] the service
//! - [`file`] what the model knows of a file · [`play`], [`act`], [`lists`] what people do · [`background`] what happens by itself
//! - [`killed`] the same judgement of real processes that were killed
//! - [`observe`] reads what only the service can decide, within what [`may`] have happened · [`judge`] the end of a history · [`shrink`] makes a failing one shorter

mod act;
mod background;
mod content;
mod draw;
mod file;
mod judge;
mod killed;
mod lists;
mod may;
mod observe;
mod play;
mod shrink;
mod step;
mod studies;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use local::weather::NAMES;

use self::draw::{Draw, Style};
use self::play::Play;
use self::shrink::shrink;
use self::step::Step;

/// Steps of a history.
const STEPS: usize = 60;
/// Every so many histories are judged once more when versions are kept no longer: maintenance asks for each of those days.
const KEPT_EVERY: u64 = 8;
/// Histories of `make test` without weather; with those in weather they are 10,000 operations and more.
const HISTORIES: u64 = 80;

/// A history that was played.
#[derive(Debug)]
struct Played {
    steps: Vec<Step>,
    finding: Option<String>,
    trace: String,
    operations: u64,
}

/// The steps to play.
enum Script<'a> {
    Drawn(usize),
    Given(&'a [Step]),
}

/// Plays one history on a stack of its own.
fn history(seed: u64, style: Style, script: &Script<'_>) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let mut played = Played {
        steps: Vec::new(),
        finding: None,
        trace: String::new(),
        operations: 0,
    };
    let run = AssertUnwindSafe(|| runtime.block_on(play(seed, style, script, &mut played)));
    if let Err(panic) = catch_unwind(run) {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        played.finding = Some(text.unwrap_or_else(|| "a panic".to_owned()));
    }
    played
}

async fn play(seed: u64, style: Style, script: &Script<'_>, played: &mut Played) {
    let mut play = Play::begin(seed, style.weather).await;
    let most = match script {
        Script::Drawn(most) => *most,
        Script::Given(steps) => steps.len(),
    };
    let mut draw = Draw::new(seed, style);
    for position in 0..most {
        let step = match script {
            Script::Drawn(..) => draw.step(&play),
            Script::Given(steps) => steps[position].clone(),
        };
        played.steps.push(step.clone());
        if let Err(finding) = play.play(&step).await {
            played.finding = Some(finding);
            return;
        }
    }
    played.finding = play.judge().await.err();
    if played.finding.is_none() && seed.is_multiple_of(KEPT_EVERY) {
        played.finding = play.judge_after_kept_versions().await.err();
    }
    (played.trace, played.operations) = (play.world.trace(), play.world.operations);
}

/// What many histories came to.
#[derive(Default)]
struct Sum {
    histories: AtomicU64,
    steps: AtomicU64,
    operations: AtomicU64,
    findings: AtomicU64,
}

impl Sum {
    #[expect(
        clippy::print_stdout,
        reason = "whoever waits for hours wants to see it"
    )]
    fn print(&self, time: Duration, seed: u64) {
        let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
        let (steps, operations) = (of(&self.steps), of(&self.operations));
        let rate = f64::from(u32::try_from(operations).unwrap_or(u32::MAX)) / time.as_secs_f64();
        println!(
            "{} histories, {steps} steps, {operations} operations, {rate:.0} a second, {} s, {} findings, seed {seed}",
            of(&self.histories),
            time.as_secs(),
            of(&self.findings),
        );
    }
}

/// Which histories to play.
struct Many {
    seeds: Range<u64>,
    steps: usize,
    style: fn(u64) -> Style,
    threads: u64,
    /// Until then, findings are printed, and the others are played all the same. Without, the first finding ends it.
    until: Option<Duration>,
}

impl Many {
    fn play(&self) {
        let next = AtomicU64::new(self.seeds.start);
        let (sum, begun) = (Sum::default(), Instant::now());
        let work = || {
            loop {
                let seed = next.fetch_add(1, Ordering::SeqCst);
                if seed >= self.seeds.end || self.until.is_some_and(|until| begun.elapsed() > until)
                {
                    return;
                }
                self.play_one(seed, &sum);
                if self.until.is_some() && (seed + 1 - self.seeds.start).is_multiple_of(50) {
                    sum.print(begun.elapsed(), seed);
                }
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads).map(|_| scope.spawn(work)).collect();
            let ends = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            let findings: Vec<_> = ends.filter_map(Result::err).collect();
            if let Some(finding) = findings.into_iter().next() {
                std::panic::resume_unwind(finding);
            }
        });
        sum.print(begun.elapsed(), self.seeds.end);
        let findings = sum.findings.load(Ordering::SeqCst);
        assert_eq!(findings, 0, "they are printed above");
    }

    #[expect(clippy::print_stdout, reason = "a finding is what one waits for")]
    fn play_one(&self, seed: u64, sum: &Sum) {
        let style = (self.style)(seed);
        let played = history(seed, style, &Script::Drawn(self.steps));
        sum.histories.fetch_add(1, Ordering::SeqCst);
        sum.steps
            .fetch_add(played.steps.len() as u64, Ordering::SeqCst);
        sum.operations
            .fetch_add(played.operations, Ordering::SeqCst);
        if played.finding.is_some() {
            let finding = shrink(seed, self.steps, style, played);
            assert!(self.until.is_some(), "{finding}");
            println!("{finding}");
            sum.findings.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Histories of the suite.
fn of_the_suite(seeds: Range<u64>, style: fn(u64) -> Style) -> Many {
    Many {
        seeds,
        steps: STEPS,
        style,
        threads: 1,
        until: None,
    }
}

/// Every kind of history in turn: calm ones, those in which functions die, those in each weather, and those with both.
fn in_turn(seed: u64) -> Style {
    let number = usize::try_from(seed / 4).unwrap_or_default();
    let weather = Some(NAMES[number % NAMES.len()]);
    Style {
        cuts: if seed.is_multiple_of(2) { 0 } else { 12 },
        weather: weather.filter(|_| seed % 4 >= 2),
    }
}

#[test]
fn histories_of_several_users_are_as_the_model_has_them() {
    of_the_suite(0..HISTORIES / 2, |_| Style::default()).play();
}

/// Histories in which functions die.
fn dying(_: u64) -> Style {
    Style {
        cuts: 12,
        weather: None,
    }
}

#[test]
fn histories_in_which_functions_die_lose_nothing() {
    of_the_suite(1000..1000 + HISTORIES / 2, dying).play();
}

/// Histories in each weather, with functions that die and without: two for each profile.
fn in_weather(seed: u64) -> Style {
    let number = usize::try_from(seed).expect("a small number");
    Style {
        cuts: if seed.is_multiple_of(2) { 0 } else { 12 },
        weather: Some(NAMES[number % NAMES.len()]),
    }
}

#[test]
fn histories_in_every_weather_lose_nothing() {
    of_the_suite(2000..2000 + 2 * NAMES.len() as u64, in_weather).play();
}

#[test]
fn a_seed_is_a_history() {
    for seed in [3, 4] {
        let style = dying(seed);
        let [first, second] = [(); 2].map(|()| history(seed, style, &Script::Drawn(STEPS)));
        assert_eq!(format!("{:?}", first.steps), format!("{:?}", second.steps));
        assert_eq!(first.trace, second.trace);
        let again = history(seed, style, &Script::Given(&first.steps));
        assert_eq!(again.trace, first.trace);
        assert_ne!(
            history(seed + 10, style, &Script::Drawn(STEPS)).trace,
            first.trace
        );
    }
}

/// `make soak`: as long as one wishes, or one seed again.
#[test]
#[ignore = "make soak runs it"]
fn soak() {
    if text("TRACE").is_some() {
        lambda_http::tracing::init_default_subscriber_with_writer(std::io::stdout);
    }
    let steps = number("STEPS").map_or(STEPS, |steps| usize::try_from(steps).expect("a number"));
    let first = number("SEED").or(number("FIRST")).unwrap_or(1_000_000);
    let minutes = number("MINUTES");
    let seeds = match (number("SEED"), number("SEEDS"), minutes) {
        (Some(_), ..) => 1,
        (None, Some(seeds), _) => seeds,
        (None, None, Some(_)) => u64::MAX - first,
        (None, None, None) => 1000,
    };
    Many {
        seeds: first..first + seeds,
        steps,
        style: if text("CUTS").or(text("WEATHER")).is_some() {
            asked_for
        } else {
            in_turn
        },
        threads: number("THREADS").unwrap_or(2),
        until: Some(Duration::from_mins(minutes.unwrap_or(u64::from(u32::MAX)))),
    }
    .play();
}

/// The style that the command names.
fn asked_for(_: u64) -> Style {
    let weather = text("WEATHER").map(|name| {
        let names = NAMES.into_iter().find(|known| *known == name);
        names.expect("the name of a profile")
    });
    let cuts = number("CUTS").unwrap_or(0);
    Style {
        cuts: u8::try_from(cuts).expect("of a hundred"),
        weather,
    }
}

fn number(name: &str) -> Option<u64> {
    text(name).map(|text| text.parse().expect("a number"))
}

fn text(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "it is a command's settings")]
    let text = std::env::var(name).ok();
    text.filter(|text| !text.is_empty())
}
