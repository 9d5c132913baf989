//! Whose certificates are good.

use aws_config::Region;
use aws_smithy_http_client::tls::TrustStore;

/// Amazon Root CA 1 to 4 and Starfield Services Root Certificate Authority G2; the first to expire does in December 2037.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// Those of AWS's services: Amazon's five roots, as <https://www.amazontrust.com/repository/> asks of those who bring their own list.
/// Reading the 140 of the system instead takes longer than everything else at start. AWS's services in China, in the European sovereign
/// cloud and in the isolated regions have certificates of others: there it is the system's list.
pub(crate) fn trusted(region: Option<&Region>) -> TrustStore {
    let elsewhere = |region: &Region| {
        let name = region.as_ref();
        name.starts_with("cn-") || name.starts_with("eusc-") || name.contains("-iso")
    };
    if region.is_none_or(elsewhere) {
        TrustStore::default()
    } else {
        TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
    }
}
