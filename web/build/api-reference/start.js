// A file of its own: the Content-Security-Policy allows no inline script.
window.SwaggerUIBundle({ dom_id: '#reference', url: '/openapi.json', deepLinking: true, docExpansion: 'none' });
