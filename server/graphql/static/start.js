// Starts GraphiQL on the page's own address. What the server has to say stands in the root's data attribute,
// because the page's policy runs no inline script.
(function () {
  "use strict";
  const root = document.getElementById("graphiql");
  const examples = JSON.parse(root.dataset.examples);
  const linked = new URLSearchParams(window.location.search);
  ReactDOM.createRoot(root).render(
    React.createElement(GraphiQL, {
      fetcher: GraphiQL.createFetcher({ url: window.location.pathname }),
      query: linked.get("query") || undefined,
      variables: linked.get("variables") || undefined,
      defaultTabs: examples.map((query) => ({ query })),
      defaultEditorToolsVisibility: "headers",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
    }),
  );
})();
