//! Whether the log knows of what a request is answered with. A layer asks it of every answer (`api/layers.rs`), so no endpoint can forget.

use std::cell::Cell;

tokio::task_local! {
    static ACCOUNTED: Cell<bool>;
}

/// Runs `future`; answers also whether it has appended an entry, or said that it has nothing to tell.
pub(crate) async fn watch<T>(future: impl Future<Output = T>) -> (T, bool) {
    let watched = async {
        let answer = future.await;
        (answer, ACCOUNTED.with(Cell::get))
    };
    ACCOUNTED.scope(Cell::new(false), watched).await
}

/// An entry was appended, or what was found is empty. Outside of a request nobody asks.
pub(crate) fn account() {
    let _ = ACCOUNTED.try_with(|accounted| accounted.set(true));
}
