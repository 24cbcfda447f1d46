"use strict";

// Swagger UI follows a class; readers follow their system.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  url: "/api/docs/openapi.json",
  dom_id: "#docs",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tagsSorter: undefined,
  validatorUrl: null,
  // A token is for minutes; the session must not be what lets a request in.
  requestInterceptor: (request) =>
    request.loadSpec ? request : { ...request, credentials: "omit" },
});
