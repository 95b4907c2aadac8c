"""NetBox's application that serves its stylesheets and scripts as well, which a web server in front of it does otherwise."""

from django.contrib.staticfiles.handlers import StaticFilesHandler
from netbox.wsgi import application as netbox


class Handler(StaticFilesHandler):
    def get_response(self, request):
        response = super().get_response(request)
        response.headers["Cache-Control"] = "max-age=3600"
        return response


application = Handler(netbox)
