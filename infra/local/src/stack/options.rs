//! How to start a stack.

use std::path::PathBuf;

use imaging::isolated::Worker;
use service::clock::Clock;
use tokio::runtime::Handle;

use crate::meter::Meter;
use crate::port::Patience;
use crate::queue::Faults;
use crate::weather::Weather;
use crate::web::Page;

/// How to start a stack.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything is kept.
    pub data: PathBuf,
    /// The port of the API and the page; 0 for any.
    pub port: u16,
    /// The port of the bucket; 0 for any.
    pub bucket_port: u16,
    /// Settings, by the names they have in the environment. The stack adds the tables, the bucket and `S3_PATH_STYLE`, and uses
    /// `ALLOWED_HOSTS` and `ALLOWED_ORIGINS` itself.
    pub settings: Vec<(String, String)>,
    /// How long its ports wait.
    pub patience: Patience,
    /// The time.
    pub clock: Clock,
    /// Whether maintenance runs every minute; tests run it themselves.
    pub has_schedule: bool,
    /// What AWS does now and then, on purpose; without, everything succeeds at once.
    pub weather: Option<Weather>,
    /// Counts what the functions use; without, nobody does.
    pub meter: Option<Meter>,
    /// The program that decodes pictures.
    pub worker: Worker,
    /// The built page; without, there is only the API.
    pub web: Option<Page>,
    /// The file that gets a line for every permission that is used; tests set it.
    pub record: Option<PathBuf>,
    /// Where the functions run that nobody waits for: those of the queues, and of the streams. Without, they run where the stack was started.
    pub behind: Option<Handle>,
}

impl Options {
    /// The faults of the queue's deliveries.
    pub(super) fn faults(&self) -> Faults {
        let weather = self.weather.as_ref();
        weather.map_or_else(Faults::default, |weather| Faults {
            seed: weather.seed(),
            ..weather.profile().queue.clone()
        })
    }

    /// Begins what nobody waits for. Threads of its own take turns with those of people's requests by the system's rules, which let the one go first that
    /// has waited most. In one pool, a request would wait behind every task that is ready.
    pub(super) fn behind<T>(&self, begin: impl FnOnce() -> T) -> T {
        let _entered = self.behind.as_ref().map(Handle::enter);
        begin()
    }

    /// The first setting of a name counts.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        let mut settings = self.settings.iter();
        let found = settings.find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }
}
