//! Jobs: what outlives a request.

mod job;

endpoints! {
    list_jobs,
    get_job,
    cancel_job,
}

pub(crate) use job::JobView;
