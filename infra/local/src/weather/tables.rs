//! The functions' way to DynamoDB, in bad weather: an HTTP client that refuses, delays, throttles and loses calls.

use std::sync::Arc;

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::json;
use tokio::time::sleep;

use super::answers::{self, Reason};
use super::batch;
use super::call::{Call, Does, Touched};
use super::locks::Held;
use super::partitions::{Hot, Use};
use super::{Bound, Weather, units};
use crate::draws::Draw;

/// `client`, which has the weather on its way for `function`.
pub(super) fn weathered(
    client: SharedHttpClient,
    function: &str,
    weather: Weather,
    bound: Arc<Bound>,
) -> SharedHttpClient {
    let function: Arc<str> = function.into();
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Weathered {
            connector: client.http_connector(settings, components),
            function: Arc::clone(&function),
            weather: weather.clone(),
            bound: Arc::clone(&bound),
        })
    })
}

#[derive(Clone, Debug)]
struct Weathered {
    connector: SharedHttpConnector,
    function: Arc<str>,
    weather: Weather,
    bound: Arc<Bound>,
}

impl HttpConnector for Weathered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.pass(request).await })
    }
}

impl Weathered {
    /// A call on its way: what happens before it is done, the call, what happens after.
    async fn pass(&self, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let rules = &self.weather.profile().tables;
        let mut call = Call::of(&self.bound.schema, &request);
        let draw = self
            .weather
            .draw(&self.function, &call.operation, &call.key());
        if draw.happens("slow", rules.slow) {
            sleep(draw.time("how slow", rules.slowest)).await;
        }
        if draw.happens("failed", rules.failed) {
            return Ok(self.meet(&call, "failed", answers::failed()));
        }
        let left_out = if call.is_batch() {
            match self.leave_out(&mut call, draw) {
                Ok(left_out) => left_out,
                Err(hot) => return Ok(self.meet(&call, "throttled", answers::throttled(&hot))),
            }
        } else {
            if let Some(refusal) = self.throttle(&call, draw) {
                return Ok(self.meet(&call, "throttled", refusal));
            }
            batch::LeftOut::default()
        };
        let held = match self.lock(&call, draw) {
            Ok(held) => held,
            Err(refusal) => return Ok(self.meet(&call, "a conflict", *refusal)),
        };
        if rules.limits.is_some() {
            call.body["ReturnConsumedCapacity"] = json!("INDEXES");
        }
        *request.body_mut() = SdkBody::from(call.body.to_string());
        let answer = self.answer(request, &call, draw).await?;
        drop(held);
        self.bill(&call, &answer);
        if draw.happens("lost", rules.lost) {
            self.note(&call, "its answer was lost");
            return Err(answers::lost());
        }
        Ok(left_out.named_in(answer))
    }

    /// The engine's answer, or that of the copy that follows it late.
    async fn answer(
        &self,
        request: HttpRequest,
        call: &Call,
        draw: Draw,
    ) -> Result<HttpResponse, ConnectorError> {
        let rules = &self.weather.profile().tables;
        let is_late = if call.reads_index() {
            draw.happens("behind", rules.index_lag)
        } else {
            call.takes_stale() && draw.happens("stale", rules.stale)
        };
        match self.bound.copy.as_ref().filter(|_| is_late) {
            Some(copy) => Ok(copy.answer(call, self.weather.now_ms())),
            None => self.connector.call(request).await,
        }
    }

    /// Locks what a transaction writes, or says what it meets.
    fn lock(&self, call: &Call, draw: Draw) -> Result<Option<Held>, Box<HttpResponse>> {
        let Some(longest) = self.weather.profile().tables.locked else {
            return Ok(None);
        };
        let locks = self.weather.locks();
        let items = || call.items.iter().map(|touched| &touched.item);
        let met = match call.operation.as_str() {
            "TransactWriteItems" => {
                let longer = draw.time("locked", longest);
                match locks.take(items().cloned().collect(), longer) {
                    Ok(held) => return Ok(Some(held)),
                    Err(met) => met,
                }
            }
            "TransactGetItems" => locks.meet(items()),
            "PutItem" | "UpdateItem" | "DeleteItem" => {
                if locks.meet(items()).is_empty() {
                    return Ok(None);
                }
                return Err(answers::conflict().into());
            }
            // Reads outside a transaction meet none.
            _ => return Ok(None),
        };
        if met.is_empty() {
            return Ok(None);
        }
        let reasons: Vec<_> = met.into_iter().map(|at| (at, Reason::Conflict)).collect();
        Err(answers::cancelled(call.items.len(), &reasons).into())
    }

    /// The refusal of a call whose partitions take no more, or that is unlucky.
    fn throttle(&self, call: &Call, draw: Draw) -> Option<HttpResponse> {
        let unlucky = draw.happens("throttled", self.weather.profile().tables.throttled);
        let of_items = call.items.iter().enumerate().filter_map(|(at, touched)| {
            let unlucky = (unlucky && at == 0).then(|| Hot::table(&touched.item.0, touched.uses()));
            Some((at, self.hot(touched).or(unlucky)?))
        });
        let hot: Vec<(usize, Hot)> = of_items.collect();
        if call.is_transaction() {
            let reasons: Vec<_> = hot
                .into_iter()
                .map(|(at, hot)| (at, Reason::Hot(hot)))
                .collect();
            return (!reasons.is_empty()).then(|| answers::cancelled(call.items.len(), &reasons));
        }
        let of_query = call.queried.as_ref().and_then(|partition| {
            let limits = self.weather.profile().tables.limits?;
            let now = self.weather.now_ms();
            self.weather
                .partitions()
                .hot(partition, Use::Read, limits, now)
        });
        let unlucky =
            || (unlucky && call.items.is_empty()).then(|| Hot::table(call.table(), Use::Read));
        let first = hot.into_iter().map(|(_, hot)| hot).next();
        let hot = first.or(of_query).or_else(unlucky)?;
        Some(answers::throttled(&hot))
    }

    /// Takes out of a batch the items whose partitions take no more or that a transaction holds, and those that are unlucky. If nothing is left,
    /// it is throttled as a whole.
    fn leave_out(&self, call: &mut Call, draw: Draw) -> Result<batch::LeftOut, Hot> {
        let rules = &self.weather.profile().tables;
        let mut hot = None;
        let mut out = Vec::new();
        for (at, touched) in call.items.iter().enumerate() {
            let too_hot = self.hot(touched);
            let is_held = touched.does == Does::Write
                && rules.locked.is_some()
                && !self
                    .weather
                    .locks()
                    .meet(std::iter::once(&touched.item))
                    .is_empty();
            // The first is lucky: of a batch without luck, some of it is done.
            let unlucky = at > 0 && draw.happens(&format!("left out {at}"), rules.left_out);
            if too_hot.is_some() || is_held || unlucky {
                out.push(at);
            }
            hot = hot.or(too_hot);
        }
        let first = call.items.first();
        let whole = first.map(|touched| Hot::table(&touched.item.0, touched.uses()));
        if let Some(whole) = whole
            && (out.len() == call.items.len() || draw.happens("throttled", rules.throttled))
        {
            return Err(hot.unwrap_or(whole));
        }
        if out.is_empty() {
            return Ok(batch::LeftOut::default());
        }
        self.note(call, "some of it was left out");
        let left_out = batch::LeftOut::take(call, &out);
        Ok(left_out)
    }

    fn hot(&self, touched: &Touched) -> Option<Hot> {
        let limits = self.weather.profile().tables.limits?;
        let now = self.weather.now_ms();
        let partitions = self.weather.partitions();
        let mut touched_partitions = touched.partitions.iter();
        touched_partitions.find_map(|one| partitions.hot(one, touched.uses(), limits, now))
    }

    fn bill(&self, call: &Call, answer: &HttpResponse) {
        let Some(limits) = self.weather.profile().tables.limits else {
            return;
        };
        let now = self.weather.now_ms();
        for (partition, which, units) in units::of(call, answer.body().bytes().unwrap_or_default())
        {
            let partitions = self.weather.partitions();
            partitions.bill(partition, which, units, limits, now);
        }
    }

    fn meet(&self, call: &Call, what: &str, refusal: HttpResponse) -> HttpResponse {
        self.note(call, what);
        refusal
    }

    /// Tells whoever looks for the cause of a failure. Keys may be patient data, so they are not told.
    fn note(&self, call: &Call, what: &str) {
        let (function, operation) = (&*self.function, &*call.operation);
        tracing::debug!(function, operation, what, "weather");
    }
}
