from sandbox.http import Request, Response
from sandbox.world import World


class Phones:
    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Response:
        return Response(404)
