//! `make run`: the whole of Filmroom on this machine.

mod allocator;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use functions::events::compare_log;
use imaging::isolated::{Worker, serve_if_worker};
use local::demo::{DemoUser, users};
use local::error::StartError;
use local::load;
use local::meter::Meter;
use local::names::{OPERATOR, REGION};
use local::port::Patience;
use local::ready::Ready;
use local::samples;
use local::secrets::{AccessKeys, Secrets};
use local::stack::{Options, Stack};
use local::template::Template;
use local::weather::Weather;
use local::web::Page;
use serde_json::json;
use service::clock::Clock;
use service::config::variable::CHOICES;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// Settings of this stack alone. They are handed on if they are set, and so are those that the functions leave to whoever runs them.
const SETTINGS: [&str; 2] = ["ALLOWED_HOSTS", "ALLOWED_ORIGINS"];

const STACK_BYTES: usize = 8 * 1024 * 1024;

fn main() -> std::process::ExitCode {
    // The same program decodes pictures, in a process of its own that may fail.
    if let Err(error) = allocator::reserve_nothing_as_worker() {
        eprintln!("filmroom-local: {error}");
        return std::process::ExitCode::FAILURE;
    }
    serve_if_worker();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => runs(Ready::write_text),
        ["--json"] => runs(Ready::write_json),
        ["samples", folder] => samples::write(Path::new(folder)).map_err(Into::into),
        ["load", first, end] => on_deep_stacks(load(first, end)),
        ["load-patients", first, end] => on_deep_stacks(load_patients(first, end)),
        ["key", name] => print_key(name),
        ["verify"] => by_hand(verify("{}")),
        ["verify", task] => by_hand(verify(task)),
        ["audit"] => by_hand(audit("{}")),
        ["audit", task] => by_hand(audit(task)),
        ["redrive"] => by_hand(redrive()),
        _ => Err(
            "usage: filmroom-local [--json], filmroom-local samples FOLDER, filmroom-local load FIRST END, filmroom-local load-patients FIRST END, filmroom-local key NAME, \
             filmroom-local verify [TASK], filmroom-local audit [TASK], or filmroom-local redrive"
                .into(),
        ),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("filmroom-local: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// Runs `work` on threads that have room for what a build without optimisation keeps on them: verification takes 1.5 of a thread's usual 2 MB.
fn on_deep_stacks(
    work: impl Future<Output = Result<(), Box<dyn std::error::Error>>>,
) -> Result<(), Box<dyn std::error::Error>> {
    deep_stacks().build()?.block_on(work)
}

fn deep_stacks() -> tokio::runtime::Builder {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().thread_stack_size(STACK_BYTES);
    builder
}

/// One more than processors: while all of them are busy, what nobody waits for so gets the larger part of them, because there is more of it.
fn threads_behind() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) + 1
}

type Write = fn(&Ready, std::io::StdoutLock<'static>) -> std::io::Result<()>;

/// Runs the stack. What nobody waits for has threads of its own.
fn runs(write: Write) -> Result<(), Box<dyn std::error::Error>> {
    let mut behind = deep_stacks();
    behind.worker_threads(threads_behind());
    let behind = behind.thread_name("behind").build()?;
    on_deep_stacks(run(write, behind.handle().clone()))
}

async fn run(write: Write, behind: Handle) -> Result<(), Box<dyn std::error::Error>> {
    lambda_http::tracing::init_default_subscriber_with_writer(std::io::stderr);
    let clock = Clock::default();
    let own =
        Secrets::open(&data_folder()).map_err(|error| StartError::Secret(data_folder(), error))?;
    let secret = variable("JWT_SECRET").unwrap_or_else(|| own.tokens());
    let users = users(&secret, clock.now())?;
    let options = Options {
        behind: Some(behind),
        ..options(secret, clock, &users)?
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let has_page = options.web.is_some();
    let signs_itself = variable("JWT_SECRET").is_none();
    let stack = Stack::start(options).await?;
    let ready = Ready::new(&stack, data_folder(), has_page, users, signs_itself);
    write(&ready, std::io::stdout().lock())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    eprintln!("stopping");
    // A second signal ends the program at once, without waiting for open requests. Nothing is lost, because every acknowledged write is on disk.
    tokio::select! {
        () = stack.stop() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// What an operator does over `DATA_DIR` while no stack runs on it.
#[tokio::main]
async fn by_hand(
    work: impl Future<Output = Result<(), Box<dyn std::error::Error>>>,
) -> Result<(), Box<dyn std::error::Error>> {
    lambda_http::tracing::init_default_subscriber_with_writer(std::io::stderr);
    work.await
}

/// Makes the files from number `first` to before `end` of the plan of [`local::load`].
async fn load(first: &str, end: &str) -> Result<(), Box<dyn std::error::Error>> {
    lambda_http::tracing::init_default_subscriber_with_writer(std::io::stderr);
    let numbers = first.parse()?..end.parse()?;
    let stack = quiet_stack().await?;
    let loaded = load::load(&stack, numbers).await;
    stack.stop().await;
    loaded
}

/// Makes the patients from number `first` to before `end` of the plan of [`local::load`].
async fn load_patients(first: &str, end: &str) -> Result<(), Box<dyn std::error::Error>> {
    lambda_http::tracing::init_default_subscriber_with_writer(std::io::stderr);
    let numbers = first.parse()?..end.parse()?;
    let stack = quiet_stack().await?;
    let loaded = load::load_patients(&stack, numbers).await;
    stack.stop().await;
    loaded
}

/// Runs a task of verification, written as the function on AWS gets it, and prints its report.
async fn verify(task: &str) -> Result<(), Box<dyn std::error::Error>> {
    let task = serde_json::from_str(task).map_err(|error| format!("the task: {error}"))?;
    let stack = quiet_stack().await?;
    let report = stack.verify.run(task).await;
    stack.stop().await;
    writeln!(
        std::io::stdout().lock(),
        "{}",
        serde_json::to_string_pretty(&report?)?
    )?;
    Ok(())
}

/// Compares the log with its copies, as the function on AWS does, and prints what is not as it should be.
async fn audit(task: &str) -> Result<(), Box<dyn std::error::Error>> {
    let task = serde_json::from_str(task).map_err(|error| format!("the task: {error}"))?;
    let stack = quiet_stack().await?;
    let report = compare_log::run(&stack.comparison, task).await;
    stack.stop().await;
    writeln!(
        std::io::stdout().lock(),
        "{}",
        serde_json::to_string_pretty(&report?)?
    )?;
    Ok(())
}

/// Delivers the dead letters once more, and waits for what comes of them.
async fn redrive() -> Result<(), Box<dyn std::error::Error>> {
    let stack = quiet_stack().await?;
    let redriven = stack.queue.redrive().await?;
    stack.queue.idle().await?;
    let dead = stack.queue.dead_letters().await?.len();
    stack.stop().await;
    writeln!(
        std::io::stdout().lock(),
        "{redriven} delivered again, {dead} dead letters are left"
    )?;
    Ok(())
}

/// A stack that nobody calls.
async fn quiet_stack() -> Result<Stack, Box<dyn std::error::Error>> {
    let own =
        Secrets::open(&data_folder()).map_err(|error| StartError::Secret(data_folder(), error))?;
    let options = Options {
        port: 0,
        bucket_port: 0,
        has_schedule: false,
        web: None,
        ..options(own.tokens(), Clock::default(), &[])?
    };
    Ok(Stack::start(options).await?)
}

/// The credentials of an access key of `DATA_DIR`, as the variables that AWS's programs read.
fn print_key(name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let folder = data_folder();
    let secrets = Secrets::read(&folder).map_err(|error| {
        let folder = folder.display();
        format!("no stack has run in {folder} yet ({error}); DATA_DIR says where one has")
    })?;
    let functions = Template::load()?.functions;
    let names = functions.iter().map(|function| function.name.as_str());
    let keys = AccessKeys::new(&secrets, names.chain([OPERATOR]));
    let secret = keys.secret_of(name).ok_or_else(|| {
        let known: Vec<_> = keys.iter().map(|(name, _)| name).collect();
        format!("{name} is no key; there are {}", known.join(", "))
    })?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "AWS_REGION={REGION}\nAWS_ACCESS_KEY_ID={name}\nAWS_SECRET_ACCESS_KEY={secret}"
    )?;
    Ok(())
}

fn data_folder() -> PathBuf {
    variable("DATA_DIR").map_or_else(|| PathBuf::from("data"), PathBuf::from)
}

fn options(
    secret: String,
    clock: Clock,
    users: &[DemoUser],
) -> Result<Options, Box<dyn std::error::Error>> {
    let port: u16 = match variable("PORT") {
        Some(port) => port
            .parse()
            .map_err(|_| format!("PORT must be a number from 0 to 65535, not {port:?}"))?,
        None => 8080,
    };
    let folder = variable("WEB_DIR")
        .map(PathBuf::from)
        .filter(|folder| folder.join("index.html").exists());
    let mut config = json!({ "apiUrl": "/api/v1", "auth": { "mode": "demo", "users": users } });
    if let Some(ohif) = variable("OHIF_URL") {
        config["ohif"] = ohif.into();
    }
    let mut settings = vec![("JWT_SECRET".to_owned(), secret)];
    settings.extend(
        SETTINGS
            .iter()
            .chain(&CHOICES)
            .filter_map(|name| Some(((*name).to_owned(), variable(name)?))),
    );
    Ok(Options {
        data: data_folder(),
        port,
        bucket_port: if port == 0 {
            0
        } else {
            port.checked_add(1).unwrap_or(0)
        },
        settings,
        patience: Patience::default(),
        weather: weather(&clock)?,
        clock,
        has_schedule: true,
        meter: variable("METER").map(|_| Meter::default()),
        worker: Worker::this_program()?,
        web: folder.map(|folder| Page { folder, config }),
        record: None,
        behind: None,
    })
}

/// The weather that `WEATHER` asks for. It says so, because whoever forgot it would look for faults that nobody made.
fn weather(clock: &Clock) -> Result<Option<Weather>, String> {
    let Some(text) = variable("WEATHER") else {
        return Ok(None);
    };
    let weather = Weather::read(&text, clock.clone())?;
    eprintln!(
        "the weather is on ({text}): calls of the tables, the bucket and the queue fail on purpose, as on AWS"
    );
    Ok(Some(weather))
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the program's own configuration"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
