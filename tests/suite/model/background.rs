//! What happens without a request: deliveries and schedules. They are compared by what they leave, because when they come to a file is theirs to
//! decide; that they come in the end, `judge` holds them to.

use std::collections::HashSet;

use functions::events::maintenance::Task;
use functions::events::verify::{self, Kind};
use s3::Message;
use service::domain::Status;
use service::queue::Queue;

use super::may::May;
use super::play::{Play, Verdict};

/// In the order in which one hands on to the next.
pub(super) const QUEUES: [Queue; 3] = [Queue::Objects, Queue::LargeObjects, Queue::Work];

impl Play {
    /// Hands over up to `most` messages of each queue, each in one of the ways in which SQS may.
    pub(super) async fn deliver(&mut self, most: usize, seed: u64) -> Verdict {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut cut = self.world.take_cut();
        for queue in QUEUES {
            let received = self.world.stack.receive(queue, most).await;
            let mut batch = received.expect("messages");
            random.shuffle(&mut batch);
            for message in batch {
                // Lost, as when the machine of a function dies at once.
                if random.u8(..100) < 10 {
                    continue;
                }
                let times = if random.u8(..100) < 15 { 2 } else { 1 };
                for _ in 0..times {
                    let keeps = random.u8(..100) < 15;
                    self.hand_over(queue, &message, cut.take(), keeps).await?;
                }
            }
        }
        Ok(())
    }

    /// One message; `keeps` if its acknowledgement is lost.
    async fn hand_over(
        &mut self,
        queue: Queue,
        message: &Message,
        cut: Option<u64>,
        keeps: bool,
    ) -> Verdict {
        self.world.operations += 1;
        let one = std::slice::from_ref(message);
        let stack = &self.world.stack;
        let handled = match cut {
            Some(calls) => stack.calls.cut_off(calls, stack.deliver(queue, one)).await,
            None => Some(stack.deliver(queue, one).await),
        };
        let is_handled = handled.as_ref().is_some_and(HashSet::is_empty);
        let has_failed = handled.is_some_and(|failed| !failed.is_empty());
        if !keeps {
            let (done, failed) = match (is_handled, has_failed) {
                (true, _) => (vec![message.clone()], Vec::new()),
                (_, true) => (Vec::new(), vec![message.clone()]),
                _ => (Vec::new(), Vec::new()),
            };
            let settled = stack.settle(queue, done, failed).await;
            settled.expect("settled");
        }
        if queue == Queue::Work {
            self.world.note(&format!("work {is_handled}"));
            let was_cut = !is_handled && !has_failed;
            return self.observe_all(May::MAINTAIN, was_cut).await;
        }
        let id = id_of(&message.body);
        let label = self.files.values().find(|file| Some(file.id) == id);
        let Some(mut file) = label
            .map(|file| file.label)
            .and_then(|label| self.files.remove(&label))
        else {
            return Ok(());
        };
        let was_interrupted = file.interrupted;
        file.interrupted |= !is_handled && !has_failed;
        let now = self.world.now();
        let mut verdict = self.observe(&mut file, May::PROCESS, now).await;
        let is_handed_on = queue == Queue::Objects && file.is_large() && self.world.hands_on;
        let is_done = is_final(file.status) || self.is_rough || is_handed_on;
        if is_handled && file.is_there() && file.stored && !is_done {
            verdict = verdict.and(Err(format!("{:?} after its event", file.status)));
        }
        if has_failed && !was_interrupted && !self.is_rough {
            verdict = verdict.and(Err("its event failed".to_owned()));
        }
        self.world.note(&format!(
            "event {} {is_handled} {:?}",
            file.label, file.status
        ));
        let label = file.label;
        self.files.insert(label, file);
        verdict.map_err(|finding| format!("file {label}: {finding}"))
    }

    /// One run of maintenance.
    pub(super) async fn maintain(&mut self, limit: Option<usize>) -> Verdict {
        let task = Task {
            limit,
            ..Task::default()
        };
        self.world.operations += 1;
        let cut = self.world.take_cut();
        let stack = &self.world.stack;
        let run = stack.maintenance.run(task);
        let report = match cut {
            Some(calls) => stack.calls.cut_off(calls, run).await,
            None => Some(run.await),
        };
        // A visit that failed in the weather was cut off as well: the parts of an upload that it was to end may be gone.
        let was_cut = match &report {
            None | Some(Err(_)) => true,
            Some(Ok(report)) => report.failed > 0,
        };
        let mut verdict = Ok(());
        if let Some(report) = report {
            self.world.note(&format!("{report:?}"));
            verdict = match report {
                Err(error) if !self.is_rough => Err(format!("maintenance failed: {error}")),
                Ok(report) if report.failed > 0 && !self.was_cut && !self.is_rough => {
                    Err(format!("maintenance could not do everything: {report:?}"))
                }
                _ => Ok(()),
            };
        }
        let seen = self.observe_all(May::MAINTAIN, was_cut).await;
        verdict.and(seen)?;
        self.look_for_patients().await
    }

    /// One run of verification: whatever it finds, it harms nothing, and of objects without a record there is none.
    pub(super) async fn verify(&mut self, task: Kind) -> Verdict {
        self.verified(task).await.map(drop)
    }

    /// The same, and what it has found, unless its function died.
    pub(super) async fn verified(&mut self, task: Kind) -> Result<verify::Report, String> {
        let task = verify::Task {
            task,
            months: Some(1),
            ..verify::Task::default()
        };
        self.world.operations += 1;
        let cut = self.world.take_cut();
        let stack = &self.world.stack;
        let run = stack.verify.run(task);
        let report = match cut {
            Some(calls) => stack.calls.cut_off(calls, run).await,
            None => Some(run.await),
        };
        let was_cut = report.is_none();
        let report = match report {
            Some(Err(error)) if !self.is_rough => Err(format!("verification failed: {error}")),
            Some(Ok(report)) if is_loss(&report) => Err(format!("verification found {report:?}")),
            Some(Ok(report)) => Ok(report),
            Some(Err(_)) | None => Ok(verify::Report::default()),
        };
        let seen = self.observe_all(May::MAINTAIN, was_cut).await;
        report.and_then(|report| seen.map(|()| report))
    }

    /// The bucket's lifecycle rules.
    pub(super) async fn expire(&mut self) -> Verdict {
        self.world.operations += 1;
        let expired = self.world.stack.expire().await;
        expired.map(drop).map_err(|error| error.to_string())
    }

    /// Looks at every file, after something that may have come to any.
    async fn observe_all(&mut self, may: May, was_cut: bool) -> Verdict {
        let now = self.world.now();
        let mut verdict = Ok(());
        let labels: Vec<u32> = self.files.keys().copied().collect();
        for label in labels {
            let Some(mut file) = self.files.remove(&label) else {
                continue;
            };
            file.interrupted |= was_cut && !file.gone;
            let seen = self.observe(&mut file, may, now).await;
            self.files.insert(label, file);
            verdict = verdict.and(seen.map_err(|finding| format!("file {label}: {finding}")));
        }
        verdict
    }
}

pub(super) fn is_final(status: Status) -> bool {
    matches!(
        status,
        Status::Processed | Status::Failed | Status::Archived
    )
}

/// Whether bytes are gone or decayed, or lie where no record names them.
fn is_loss(report: &verify::Report) -> bool {
    let found = [
        &report.missing,
        &report.decayed,
        &report.strange,
        &report.orphans,
        &report.quarantined,
    ];
    found.iter().any(|found| found.count > 0)
}

/// The file that an event is about.
fn id_of(body: &str) -> Option<u64> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let key = body["Records"][0]["s3"]["object"]["key"].as_str()?;
    key.split('/').nth(2)?.parse().ok()
}
