// Shows the API's description, and signs in as the first user of the local stack, so that "Execute" works at once.

const ui = window.SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#swagger-ui',
  // Without `null`, Swagger UI would show a badge that a server of its makers draws.
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  onComplete: signIn,
});

async function signIn() {
  // Somebody who has signed in as another user stays that user.
  if (ui.authSelectors.authorized().size > 0) return;
  // A stack that serves no page has no such file: then "Authorize" asks for a token.
  const response = await fetch('/config.json');
  if (!response.ok) return;
  const { auth } = await response.json();
  const user = auth.users?.[0];
  if (user) ui.preauthorizeApiKey('token', user.token);
}
