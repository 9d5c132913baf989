// OHIF (https://ohif.org, 3.12) over Filmroom: its `app-config.js`, for whoever hosts OHIF at an origin of its own. That origin has to be in
// `AllowedOrigin`. `make ohif` serves this file with the address of the local stack.
//
// Somebody who opens OHIF brings a token of the API behind the `#` of the address: a browser sends that to no server, and this file takes it out
// of the address and the history. A hospital lets OHIF sign people in instead (its setting `oidc`) and leaves `tokenOfAddress` away.

const DICOM_WEB = 'https://api.example.org/dicom-web';
const KEY = 'filmroom-token';

function tokenOfAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY);
}

const token = tokenOfAddress();
// A browser does not load a page again that is there and gets another `#`.
addEventListener('hashchange', () => tokenOfAddress() !== token && location.reload());

// OHIF 3.12 stays black if one of its style sheets comes after its scripts: a library in it (onnxruntime-web) then asks for this name, which only
// Node.js has, for the address of its own file.
window.__filename ??= document.baseURI;

window.config = {
  routerBasename: '/',
  showStudyList: true,
  modes: [],
  extensions: [
    {
      id: 'filmroom',
      preRegistration({ servicesManager }) {
        const { userAuthenticationService } = servicesManager.services;
        if (token) userAuthenticationService.getAuthorizationHeader = () => ({ Authorization: `Bearer ${token}` });
      },
    },
  ],
  defaultDataSourceName: 'filmroom',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'filmroom',
      configuration: {
        friendlyName: 'Filmroom',
        qidoRoot: DICOM_WEB,
        wadoRoot: DICOM_WEB,
        wadoUriRoot: DICOM_WEB,
        imageRendering: 'wadors',
        thumbnailRendering: 'thumbnail',
        enableStudyLazyLoad: true,
        qidoSupportsIncludeField: true,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        omitQuotationForMultipartRequest: true,
        bulkDataURI: { enabled: true },
      },
    },
  ],
};
