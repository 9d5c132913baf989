//! The messages of the store: received for a while, deleted when handled, kept aside when nobody could. The bucket's events are one queue, and
//! others are filled by whoever sends to them.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Row, params};
use tokio::sync::Notify;

use crate::error::StoreError;
use crate::events::message_id;
use crate::store::{ObjectStore, Shared};

/// The messages of one queue that wait in the store to be delivered.
#[derive(Debug, Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
    /// Empty for the bucket's events.
    queue: Arc<str>,
    bell: Arc<Notify>,
}

/// A message as received.
#[derive(Debug, Clone)]
pub struct Message {
    /// Older messages have smaller ones.
    pub seq: i64,
    /// A UUID.
    pub message_id: String,
    /// JSON text of the notification.
    pub body: String,
    /// When it was written, by the store's clock.
    pub sent_ms: i64,
    /// Times it was received, this one included.
    pub receives: u32,
    /// When it was received first, by the store's clock.
    pub first_received_ms: i64,
    /// Changes with every receive: only the latest receiver may delete it.
    pub receipt: String,
}

const COLUMNS: &str = "seq, message_id, body, sent_ms, receives, coalesce(first_received_ms, 0), coalesce(receipt, '')";

impl Message {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            message_id: row.get(1)?,
            body: row.get(2)?,
            sent_ms: row.get(3)?,
            receives: row.get(4)?,
            first_received_ms: row.get(5)?,
            receipt: row.get(6)?,
        })
    }
}

impl ObjectStore {
    /// The events of the store.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.queue("")
    }

    /// The messages of another queue: those that [`Outbox::send`] puts into it.
    #[must_use]
    pub fn queue(&self, name: &str) -> Outbox {
        Outbox {
            shared: Arc::clone(&self.0),
            queue: name.into(),
            bell: self.0.index.bells().hang(),
        }
    }
}

impl Outbox {
    /// Rings when a message was written, and when somebody asks to look again.
    #[must_use]
    pub fn bell(&self) -> &Arc<Notify> {
        &self.bell
    }

    /// Puts messages into the queue, all or none, each visible after its time. They are durable when this returns.
    pub async fn send(&self, messages: Vec<(String, Duration)>) -> Result<(), StoreError> {
        let (queue, now_ms) = (Arc::clone(&self.queue), self.shared.clock.now_ms());
        let sent = self.shared.index.write(move |transaction| {
            let mut insert = transaction.sql().prepare_cached(
                "INSERT INTO messages (queue, message_id, body, sent_ms, visible_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (body, delay) in messages {
                let visible_ms = now_ms.saturating_add(milliseconds(delay));
                insert.execute(params![queue, message_id(), body, now_ms, visible_ms])?;
            }
            drop(insert);
            transaction.message();
            Ok(())
        });
        sent.await
    }

    /// Makes the message of `receipt` visible after `hidden`, counted from now; answers whether it is still its receiver's.
    pub async fn postpone(&self, receipt: &str, hidden: Duration) -> Result<bool, StoreError> {
        let (queue, receipt) = (Arc::clone(&self.queue), receipt.to_owned());
        let until_ms = self
            .shared
            .clock
            .now_ms()
            .saturating_add(milliseconds(hidden));
        let postponed = self.shared.index.write(move |transaction| {
            let mut update = transaction.sql().prepare_cached(
                "UPDATE messages SET visible_ms = ?3 WHERE queue = ?1 AND receipt = ?2 AND is_dead = 0",
            )?;
            let found = update.execute(params![queue, receipt, until_ms])? > 0;
            drop(update);
            // Whoever sleeps until the next one is due looks at the clock again.
            transaction.message();
            Ok(found)
        });
        postponed.await
    }

    /// Up to `limit` visible messages, oldest first; nobody else sees them for `hidden`. What was received
    /// `max_receives` times already is set aside as dead instead, when its turn comes.
    pub async fn receive(
        &self,
        limit: usize,
        hidden: Duration,
        max_receives: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let (queue, now_ms) = (Arc::clone(&self.queue), self.shared.clock.now_ms());
        let until_ms = now_ms.saturating_add(milliseconds(hidden));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let received = self.shared.index.write(move |transaction| {
            let sql = transaction.sql();
            sql.prepare_cached(
                "UPDATE messages SET is_dead = 1
                 WHERE receives >= ?2
                   AND seq IN (SELECT seq FROM messages WHERE queue = ?4 AND is_dead = 0 AND visible_ms <= ?1
                               ORDER BY visible_ms, seq LIMIT ?3)",
            )?
            .execute(params![now_ms, max_receives, limit, queue])?;
            let mut statement = sql.prepare_cached(&format!(
                "UPDATE messages
                 SET receives = receives + 1, visible_ms = ?2, receipt = lower(hex(randomblob(16))),
                     first_received_ms = coalesce(first_received_ms, ?1)
                 WHERE seq IN (SELECT seq FROM messages WHERE queue = ?4 AND is_dead = 0 AND visible_ms <= ?1
                                 AND receives < ?5 ORDER BY visible_ms, seq LIMIT ?3)
                 RETURNING {COLUMNS}"
            ))?;
            let rows = statement
                .query_map(params![now_ms, until_ms, limit, queue, max_receives], Message::from_row)?;
            let mut messages = rows.collect::<Result<Vec<_>, _>>()?;
            messages.sort_by_key(|message| message.seq);
            Ok(messages)
        });
        received.await
    }

    /// Deletes what was handled; of what was not, sets aside what had its last chance. The rest becomes visible again
    /// when its time is up.
    pub async fn settle(
        &self,
        handled: Vec<Message>,
        failed: Vec<Message>,
        max_receives: u32,
    ) -> Result<(), StoreError> {
        let settled = self.shared.index.write(move |transaction| {
            let sql = transaction.sql();
            let mut delete =
                sql.prepare_cached("DELETE FROM messages WHERE seq = ?1 AND receipt = ?2")?;
            for message in handled {
                delete.execute(params![message.seq, message.receipt])?;
            }
            let mut bury = sql.prepare_cached(
                "UPDATE messages SET is_dead = 1 WHERE seq = ?1 AND receipt = ?2",
            )?;
            for message in failed
                .iter()
                .filter(|message| message.receives >= max_receives)
            {
                bury.execute(params![message.seq, message.receipt])?;
            }
            Ok(())
        });
        settled.await
    }

    /// Whether a message is visible now, and else how long until the next one is.
    pub async fn next(&self) -> Result<Next, StoreError> {
        let (queue, now_ms) = (Arc::clone(&self.queue), self.shared.clock.now_ms());
        let earliest: Option<i64> = self
            .shared
            .index
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT min(visible_ms) FROM messages WHERE queue = ?1 AND is_dead = 0",
                )?;
                Ok(statement.query_row([queue], |row| row.get(0))?)
            })
            .await?;
        Ok(match earliest {
            None => Next::None,
            Some(at_ms) if at_ms <= now_ms => Next::Now,
            Some(at_ms) => Next::In(Duration::from_millis(
                u64::try_from(at_ms - now_ms).unwrap_or_default(),
            )),
        })
    }

    /// Messages that are not dead.
    pub async fn depth(&self) -> Result<u64, StoreError> {
        let queue = Arc::clone(&self.queue);
        let read = self.shared.index.read(move |sql| {
            let mut statement = sql
                .prepare_cached("SELECT count(*) FROM messages WHERE queue = ?1 AND is_dead = 0")?;
            Ok(statement.query_row([queue], |row| row.get(0))?)
        });
        read.await
    }

    /// Makes visible what a process that is gone had received.
    pub async fn recover(&self) -> Result<(), StoreError> {
        let (queue, now_ms) = (Arc::clone(&self.queue), self.shared.clock.now_ms());
        let recovered = self.shared.index.write(move |transaction| {
            let mut statement = transaction.sql().prepare_cached(
                "UPDATE messages SET visible_ms = ?1
                 WHERE queue = ?2 AND is_dead = 0 AND receipt IS NOT NULL AND visible_ms > ?1",
            )?;
            statement.execute(params![now_ms, queue])?;
            Ok(())
        });
        recovered.await
    }

    /// Messages set aside, oldest first.
    pub async fn dead(&self) -> Result<Vec<Message>, StoreError> {
        let queue = Arc::clone(&self.queue);
        let read = self.shared.index.read(move |sql| {
            let mut statement = sql.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM messages WHERE queue = ?1 AND is_dead = 1 ORDER BY seq"
            ))?;
            let rows = statement.query_map([queue], Message::from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        read.await
    }

    /// Gives every message set aside all its chances again; returns how many there were.
    pub async fn redrive(&self) -> Result<usize, StoreError> {
        let (queue, now_ms) = (Arc::clone(&self.queue), self.shared.clock.now_ms());
        let redriven = self.shared.index.write(move |transaction| {
            transaction.message();
            let mut statement = transaction.sql().prepare_cached(
                "UPDATE messages SET is_dead = 0, receives = 0, first_received_ms = NULL, receipt = NULL,
                                     visible_ms = ?1
                 WHERE queue = ?2 AND is_dead = 1",
            )?;
            Ok(statement.execute(params![now_ms, queue])?)
        });
        redriven.await
    }
}

/// When there is something to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Now.
    Now,
    /// After this long, by the store's clock.
    In(Duration),
    /// Not before something is written.
    None,
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
