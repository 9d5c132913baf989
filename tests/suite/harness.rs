//! The stack as a test sees it, in a few lines:
//!
//! ```ignore
//! let stack = TestStack::start().await;
//! let user = stack.user(1);                         // the client carries who asks: a user, an admin, nobody
//! let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
//! user.get("/image-files/my-images?page=1").await.ok();
//! ```
//!
//! Every test has its own stack: database, bucket, folder, ports and clock. Nothing is waited for by time: `stack.upload`
//! returns when the file is processed, because the queue says that it is idle.
//!
//! - [`stack`] starts and restarts it · [`client`] asks and answers · [`token`] signs · [`upload`] sends files ·
//!   [`documented`] is every answer in openapi.json · [`engines`] what the bucket and the tables hold · [`list`] the names on a page ·
//!   [`meter`] what a function asks of DynamoDB · [`mortal`] processes that die at a call · [`old_tables`] the tables of ab0f7f2 · [`process`] this binary as other processes ·
//!   [`secrets_manager`] where functions read their secret · [`cutting`] connections that break · [`queue`] messages ·
//!   [`property`] what holds for any drawn value · [`provider`] who signs tokens elsewhere · [`recount`] counts again from the lists, to check the counters.

pub(crate) mod client;
pub(crate) mod cutting;
pub(crate) mod documented;
pub(crate) mod engines;
pub(crate) mod list;
pub(crate) mod meter;
pub(crate) mod mortal;
pub(crate) mod old_tables;
pub(crate) mod process;
pub(crate) mod property;
pub(crate) mod provider;
pub(crate) mod queue;
pub(crate) mod recount;
pub(crate) mod secrets_manager;
pub(crate) mod stack;
pub(crate) mod token;
pub(crate) mod upload;

pub(crate) use client::{Client, Response};
pub(crate) use stack::TestStack;
